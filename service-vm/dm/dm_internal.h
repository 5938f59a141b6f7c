/* SPDX-License-Identifier: BSD-3-Clause */
/* The device model of one VM: what its set-up and run (main.c), its memory (vm_memory.c) and its
 * devices (vm_devices.c) share. */
#ifndef DM_INTERNAL_H
#define DM_INTERNAL_H

#include <string.h>

#include "devices.h"
#include "firmware.h"
#include "gpu_display.h"
#include "log.h"
#include "machine.h"
#include "options.h"
#include "shm_window.h"

struct devices {
    struct uart *uart;
    struct power *power;
    struct fw_cfg *fw_cfg;
    struct debug_console *debug;
    struct q35 *q35;
    struct ivshmem *ivshmem;
    struct watchdog *watchdog;
    struct pvpanic *pvpanic;
    struct console *console;
    struct vm_state *vm_state;
    unsigned backends;
    struct vhost_device *backend[MAX_BACKENDS];
    unsigned functions;
    struct passthru *function[BN_MAX_FUNCTIONS];
};

struct dm {
    struct machine m;
    struct options o;
    struct shm_window window;
    struct bn_scenario scenario;
    const struct bn_scenario_vm *vm; /* NULL: development without a scenario */
    int vm_index;
    struct boot_plan plan;
    char module_name[IMAGE_MAX_MODULES][256];
    struct cpu_state cpu;
    struct firmware firmware;
    struct devices d;
    struct vu_source signals, grace;
    struct gvt_display display; /* of a GPU that gives its pictures to us */
    struct gpu_display shown_by;
};

/* Says what failed; rc. */
static inline int dm_fail(const char *what, int rc)
{
    log_line("%s: %s", what, strerror(-rc));
    return rc;
}

/* Empty memory and the firmware, which finds everything else itself; 0 or -errno. */
int vm_memory_load_firmware(struct dm *dm) __attribute__((warn_unused_result));
/* Memory with tables and images in it; the images are needed no more afterwards. 0 or -errno. */
int vm_memory_fill(struct dm *dm) __attribute__((warn_unused_result));

/* All that the scenario and the command line give it, once the VM exists; 0 or -errno. */
int vm_devices_create(struct dm *dm) __attribute__((warn_unused_result));
/* Those that there are; the VM must be gone. */
void vm_devices_destroy(struct devices *d);

#endif
