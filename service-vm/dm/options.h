/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of binnacle-dm, joined with what the scenario says about the VM. */
#ifndef DM_OPTIONS_H
#define DM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "binnacle/scenario.h"
#include "image.h"
#include "vhost_device.h"

#define MAX_BACKENDS 12

struct options {
    const char *vm, *scenario, *window;
    const char *kernel, *initrd, *cmdline;
    const char *firmware, *firmware_log;   /* in place of the three and of modules */
    const char *module[IMAGE_MAX_MODULES]; /* FILE or FILE=ARGS */
    unsigned modules;
    unsigned backends;
    struct {
        const struct vhost_device_kind *kind;
        const char *socket;
        bool display; /* its pictures come here */
    } backend[MAX_BACKENDS];
    unsigned functions;
    const char *function[BN_MAX_FUNCTIONS]; /* BB:DD.F */
    char named[BN_MAX_FUNCTIONS][8];        /* those of the scenario */
    bool may_lack[BN_MAX_FUNCTIONS];        /* the machine does not have to have it */
    const char *serial_log, *serial_socket, *console_log, *console_socket;
    uint64_t memory; /* bytes; 0: the scenario's */
    unsigned cpus;   /* 0: the scenario's */
    unsigned wait_ms;
    bool guests; /* list them, and that is all */
    bool kvm, debug_exit, fw_cfg, watchdog, sandbox;
};

/* Fills *o. 0; 1: help was asked for and printed; -EINVAL: an error was printed. */
int options_parse(struct options *o, int argc, char **argv) __attribute__((warn_unused_result));

/* What the command line left open comes from the scenario, whose VM number `vm` it is, and so do
 * the functions of the machine that it gives that VM; the strings then live in both. -E2BIG: more
 * functions than a VM can have, and it was told. */
int options_complete(struct options *o, const struct bn_scenario *scenario, unsigned vm)
    __attribute__((warn_unused_result));

#endif
