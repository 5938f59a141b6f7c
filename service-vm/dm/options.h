/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of binnacle-dm, joined with what the scenario says about the VM. */
#ifndef DM_OPTIONS_H
#define DM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "binnacle/scenario.h"
#include "image.h"
#include "vhost_device.h"

#define MAX_BACKENDS  12
#define MAX_FUNCTIONS 4 /* the hypervisor's limit for one VM */

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
    const char *function[MAX_FUNCTIONS]; /* BB:DD.F */
    const char *serial_log, *serial_socket, *console_log, *console_socket;
    uint64_t memory; /* bytes; 0: the scenario's */
    unsigned cpus;   /* 0: the scenario's */
    unsigned wait_ms;
    bool kvm, debug_exit, fw_cfg, watchdog, sandbox;
};

/* Fills *o. 0; 1: help was asked for and printed; -EINVAL: an error was printed. */
int options_parse(struct options *o, int argc, char **argv) __attribute__((warn_unused_result));

/* What the command line left open comes from the scenario's VM; the strings then live in `vm`. */
void options_complete(struct options *o, const struct bn_scenario_vm *vm);

#endif
