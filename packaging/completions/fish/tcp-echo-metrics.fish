# SPDX-License-Identifier: MIT
# Completion of tcp-echo-metrics for fish.
complete -c tcp-echo-metrics -f
# begin table: flags
complete -c tcp-echo-metrics -o mode -x -a 'server client both' -d 'server, client (the prober) or both'
complete -c tcp-echo-metrics -o listen -x -d 'the echo server\'s address'
complete -c tcp-echo-metrics -o allow -x -d 'networks that may use the echo server'
complete -c tcp-echo-metrics -o max-peers -x -d 'peers it has at once'
complete -c tcp-echo-metrics -o max-peers-per-address -x -d 'of one address'
complete -c tcp-echo-metrics -o target -x -d 'target to probe'
complete -c tcp-echo-metrics -o targets -r -F -d 'JSON file of targets, reloaded on SIGHUP'
complete -c tcp-echo-metrics -o interval -x -d 'time between probes'
complete -c tcp-echo-metrics -o timeout -x -d 'how long a reply may take'
complete -c tcp-echo-metrics -o window -x -d 'recent probes that loss is computed from'
complete -c tcp-echo-metrics -o probe -x -a 'echo connect' -d 'echo, or connect: just a TCP handshake'
complete -c tcp-echo-metrics -o source -x -d 'source IP address'
complete -c tcp-echo-metrics -o dscp -x -a 'ef af11 af21 af31 af41 cs1 cs2 cs3 cs4 cs5 cs6 cs7' -d 'DSCP mark: 0 to 63, or a name such as ef'
complete -c tcp-echo-metrics -o ip-version -x -a '4 6 any' -d '4, 6 or any'
complete -c tcp-echo-metrics -o threads -x -d 'number of prober threads'
complete -c tcp-echo-metrics -o resolver -x -a 'dns system' -d 'who resolves names: dns, or system'
complete -c tcp-echo-metrics -o metrics -x -d 'address to serve /metrics on'
complete -c tcp-echo-metrics -o log-level -x -a 'error warning info debug' -d 'error, warning, info or debug'
complete -c tcp-echo-metrics -o json-logs -d 'write log lines as JSON objects'
complete -c tcp-echo-metrics -o check -d 'say what would run, or what is wrong, and start nothing'
complete -c tcp-echo-metrics -o help -d 'show this help'
complete -c tcp-echo-metrics -o version -d 'print the versions of the program and its libraries'
complete -c tcp-echo-metrics -o svc -x -a 'install uninstall start stop run' -d 'install, uninstall, start, stop; run: by the manager'
complete -c tcp-echo-metrics -o name -x -d 'the service\'s name'
# end table: flags
