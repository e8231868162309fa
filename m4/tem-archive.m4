# SPDX-License-Identifier: MIT
# GNU tar can make the release archive the same whoever makes it: its files are sorted, belong to nobody in particular,
# and are as old as "revision" among them.
AC_DEFUN([TEM_ARCHIVE], [
  AS_IF([${TAR-tar} --sort=name --mtime=@0 -cf /dev/null /dev/null 2>/dev/null],
    [am__tar='$${TAR-tar} --sort=name --mtime="./$$tardir/revision" --owner=0 --group=0 --numeric-owner --mode=u+w,go=u,go-w --format=ustar -chf - "$$tardir"'])
])
