# SPDX-License-Identifier: MIT
# sed -E: docs/collectd.md as it is in the plugin's own package, beside examples, without the other documents.
s,\]\(\.\./examples/,](examples/,g
s,\]\(\.\./collectd\.conf\.example\),](examples/collectd.conf.example),g
s,\[([^]]*)\]\(([a-z-]+\.md)[^)]*\),\1 (\2 of tcp-echo-metrics),g
