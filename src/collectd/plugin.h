/* SPDX-License-Identifier: MIT */
/* What collectd knows of us: one function, which tells it of all the others. */
#ifndef COLLECTD_PLUGIN_H
#define COLLECTD_PLUGIN_H

/* Called once, when the daemon has loaded the plugin. The one symbol that is seen from outside. */
void module_register(void) __attribute__((visibility("default")));

#endif
