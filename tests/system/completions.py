# SPDX-License-Identifier: MIT
"""The completions, in the shells that they are for: every flag and every value, however they are written."""
import os
import pty
import re
import shutil
import subprocess
import tempfile

from lib.program import run
from lib.scenario import Skip, main, scenarios_of

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPLETIONS = os.path.join(TOP, "packaging", "completions")
PROGRAM = "tcp-echo-metrics"
# What stands where the words are completed.
FILE = "some-file.json"

# Reads command lines from $LINES_FILE and writes what is offered for the last word of each to $OFFERS_FILE: the
# number of the line, a tab, and an offer.
BASH = r"""
. "$COMPLETION"
compopt() { :; }
number=0
while IFS= read -r line; do
    # As readline cuts it, for which the equals sign is a word.
    read -ra COMP_WORDS <<<"${line//=/ = }"
    [[ $line != *[\ =] ]] || COMP_WORDS+=("")
    [[ $line != *= ]] || unset 'COMP_WORDS[-1]'
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _tcp_echo_metrics
    for offer in "${COMPREPLY[@]}"; do printf '%d\t%s\n' "$number" "$offer"; done
    number=$((number + 1))
done <"$LINES_FILE" >"$OFFERS_FILE"
"""

FISH = r"""
source $COMPLETION
set number 0
while read --local line
    for offer in (complete --do-complete $line)
        printf '%d\t%s\n' $number (string split --max 1 \t -- $offer)[1]
    end
    set number (math $number + 1)
end <$LINES_FILE >$OFFERS_FILE
"""

# zsh completes in its line editor only, which runs this before it would read the first line.
ZSH = r"""
fpath=(${COMPLETION:h} $fpath)
autoload -Uz compinit
compinit -u -D
zle -C complete-and-tell list-choices complete-and-tell
complete-and-tell() {
    compadd() {
        local -a offers
        # When it fills arrays, nothing is offered yet.
        if [[ ${*[1,(i)(--|-)]} != *-[OAD]* ]]; then
            builtin compadd -A offers "$@"
            (( $#offers )) && print -rl -- $number$'\t'${^offers} >>$OFFERS_FILE
        fi
        builtin compadd "$@"
    }
    _main_complete
    unfunction compadd
    compstate[list]=
}
zle-line-init() {
    local line number=0
    while IFS= read -r line; do
        BUFFER=$line
        CURSOR=$#BUFFER
        zle complete-and-tell
        number=$((number + 1))
    done <$LINES_FILE
    print -r -- done >>$OFFERS_FILE
    exit
}
zle -N zle-line-init
"""


def in_bash(environment, folder):
    subprocess.run(["bash", "-c", BASH], env=environment, cwd=folder, check=True)


def in_fish(environment, folder):
    if not shutil.which("fish"):
        raise Skip("fish was not found")
    subprocess.run(["fish", "--no-config", "-c", FISH], env=environment, cwd=folder, check=True)


def in_zsh(environment, folder):
    if not shutil.which("zsh"):
        raise Skip("zsh was not found")
    with open(os.path.join(environment["HOME"], ".zshrc"), "w", encoding="utf-8") as file:
        file.write(ZSH)
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        with os.fdopen(its, "wb", buffering=0) as stream:
            shell = subprocess.Popen(
                ["zsh", "-d", "-i"], env=environment, cwd=folder, stdin=stream, stdout=stream, stderr=stream
            )
        said = b""
        try:
            while piece := terminal.read(4096):
                said += piece
        except OSError:  # Its end, as Linux tells it.
            pass
    assert shell.wait() == 0, said
    with open(environment["OFFERS_FILE"], encoding="utf-8") as file:
        assert file.read().endswith("done\n"), said


SHELLS = [
    ("bash", in_bash, os.path.join("bash", PROGRAM)),
    ("fish", in_fish, os.path.join("fish", f"{PROGRAM}.fish")),
    ("zsh", in_zsh, os.path.join("zsh", f"_{PROGRAM}")),
]


def offers_of(shell, lines):
    """What a shell offers for the last word of each command line: a list of sets."""
    _, complete, file_name = shell
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        paths = {name: os.path.join(folder, name) for name in ("home", "work", "lines", "offers")}
        os.mkdir(paths["home"])
        os.mkdir(paths["work"])
        for path, text in ((os.path.join(paths["work"], FILE), ""), (paths["offers"], ""),
                           (paths["lines"], "".join(f"{PROGRAM} {line}\n" for line in lines))):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        complete({
            "PATH": os.environ["PATH"], "HOME": paths["home"], "ZDOTDIR": paths["home"], "TERM": "xterm",
            "LANG": "C.UTF-8", "LINES_FILE": paths["lines"], "OFFERS_FILE": paths["offers"],
            "COMPLETION": os.path.join(COMPLETIONS, file_name),
        }, paths["work"])
        with open(paths["offers"], encoding="utf-8") as file:
            told = [line.split("\t") for line in file.read().splitlines() if "\t" in line]
    offered = [set() for _ in lines]
    for number, offer in told:
        # Some offer the value, others the whole word.
        offered[int(number)].add(offer.split("=", 1)[1] if re.match("-[^=]*=.", offer) else offer.rstrip("="))
    return offered


def flags_of_help():
    """Each flag, and the name of its value, or an empty text."""
    status, out, _ = run("-help")
    assert status == 0, f"-help ends with {status}"
    flags = dict(re.findall(r"^ +-([a-z-]+) ([A-Z]*)", out, re.MULTILINE))
    assert len(flags) >= 10 and flags["mode"] and not flags["check"], flags
    return flags


def words_of_values():
    """The values of the flags that have only a few."""
    with open(os.path.join(COMPLETIONS, "bash", PROGRAM), encoding="utf-8") as file:
        words = re.findall(r"(?m)^\t-([a-z-]+)\) flags='(.*)' ;;$", file.read())
    assert len(words) >= 10
    return {flag: set(values.split()) for flag, values in words}


@scenarios_of(SHELLS, "every_flag_is_completed_by_")
def flags(shell):
    known = flags_of_help()
    lines, wanted = [], []
    for dashes in ("-", "--"):
        for flag in known:
            lines.append(dashes + flag)
            wanted.append({dashes + other for other in known if other.startswith(flag)})
    lines += ["--", "-check --", "-mode server --listen=:4000 --"]
    wanted += [{f"--{flag}" for flag in known}] * 3
    for line, offered, expected in zip(lines, offers_of(shell, lines), wanted):
        # For zsh, -probe-allow goes with --allow as well: it may be short of letters after each dash.
        offered = {flag for flag in offered if flag.startswith(line.split()[-1])}
        assert offered == expected, f"{line}: {offered ^ expected}"


@scenarios_of(SHELLS, "every_value_is_completed_by_")
def values(shell):
    words = words_of_values()
    lines, wanted = [], []
    for flag, value in flags_of_help().items():
        for dashes in ("-", "--"):
            for separator in ("=", " ") if value else ():
                lines.append(dashes + flag + separator)
                wanted.append(words.get(flag, {FILE} if re.search("file|^targets$", flag) else set()))
    lines += ["-mode=b", "--mode=b", "-mode b", "--mode b", "-check --mode=b"]
    wanted += [{"both"}] * 5
    assert len(lines) >= 100, lines
    for line, offered, expected in zip(lines, offers_of(shell, lines), wanted):
        assert offered == expected, f"{line}: {offered}, and not {expected}"


if __name__ == "__main__":
    main(workers=2)
