/* SPDX-License-Identifier: MIT */
/* The plugin's entry point. */
#ifndef COLLECTD_PLUGIN_H
#define COLLECTD_PLUGIN_H

/*
 * Registers the plugin's callbacks. The daemon calls it once, after loading the plugin; no other
 * symbol is visible to it.
 */
void module_register(void) __attribute__((visibility("default")));

#endif
