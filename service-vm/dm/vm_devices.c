/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns which devices a VM has, in which slots, and the order in which they come and go. */
#include <errno.h>

#include "binnacle/shm.h"
#include "dm_internal.h"
#include "fw_items.h"

#define SLOT_SHM   1
#define SLOT_DOG   2
#define SLOT_PANIC 3
#define SLOT_TTY   4
#define SLOT_FIRST 5  /* of the vhost-user devices */
#define SLOT_LPC   31 /* where OVMF looks for it */

/* True when any region of the scenario may be seen by our VM. */
static bool sees_window(const struct dm *dm)
{
    for (unsigned i = 0; dm->vm && dm->window.base && i < dm->scenario.region_count; i++) {
        if (dm->scenario.region[i].rights[dm->vm_index])
            return true;
    }
    return false;
}

/* The directory, then every region that the scenario gives our VM a right to; the hypervisor
 * refuses all others. */
static int map_window(struct dm *dm)
{
    int rc = ivshmem_map(dm->d.ivshmem, 0, BN_SHM_ALIGN, false);

    for (unsigned i = 0; i < dm->scenario.region_count && rc == 0; i++) {
        const struct bn_scenario_region *r = &dm->scenario.region[i];
        uint8_t rights = r->rights[dm->vm_index];
        uint64_t offset, bytes;

        if (!rights)
            continue;
        rc = shm_window_find(&dm->window, r->name, &offset, &bytes);
        if (rc == 0)
            rc = ivshmem_map(dm->d.ivshmem, offset, bytes, rights & BN_SHM_WRITE);
    }
    return rc;
}

static int create_ports(struct dm *dm)
{
    int rc = power_create(&dm->d.power, &dm->m);

    if (rc == 0)
        rc = rtc_add(&dm->m);
    if (rc == 0)
        rc = uart_create(&dm->d.uart, &dm->m, dm->o.serial_log, dm->o.serial_socket);
    if (rc == 0 && dm->o.debug_exit)
        rc = debug_exit_add(&dm->m);
    if (rc == 0 && (dm->o.fw_cfg || dm->o.firmware))
        rc = fw_cfg_create(&dm->d.fw_cfg, &dm->m);
    if (rc == 0 && dm->o.firmware_log)
        rc = debug_console_create(&dm->d.debug, &dm->m, dm->o.firmware_log);
    return rc;
}

/* The machine that firmware knows: its own pages, the chipset, the description of the rest. */
static int create_firmware(struct dm *dm)
{
    int rc = firmware_map(&dm->firmware, &dm->m);

    if (rc == 0)
        rc = q35_create(&dm->d.q35, &dm->m, SLOT_LPC);
    return rc < 0 ? rc : fw_items_add(dm->d.fw_cfg, &dm->m);
}

static int create_functions(struct dm *dm)
{
    struct devices *d = &dm->d;
    int rc = 0;

    if (sees_window(dm) && dm->o.firmware) {
        log_line("the shared window is not shown to firmware, which would move it");
    } else if (sees_window(dm)) {
        rc = ivshmem_create(&d->ivshmem, &dm->m, dm->window.base, dm->window.bytes, SLOT_SHM);
        if (rc == 0)
            rc = map_window(dm);
    }
    if (rc == 0 && dm->o.watchdog)
        rc = watchdog_create(&d->watchdog, &dm->m, SLOT_DOG);
    if (rc == 0)
        rc = pvpanic_create(&d->pvpanic, &dm->m, SLOT_PANIC);
    if (rc == 0)
        rc = console_create(&d->console, &dm->m, dm->o.console_log, dm->o.console_socket, SLOT_TTY);
    for (unsigned i = 0; i < dm->o.backends && rc == 0; i++) {
        rc = vhost_device_create(&d->backend[i], &dm->m, dm->o.backend[i].kind,
                                 dm->o.backend[i].socket, SLOT_FIRST + i, dm->o.wait_ms);
        d->backends += rc == 0;
        if (rc == 0 && dm->o.backend[i].display)
            rc = vhost_device_show(d->backend[i], &dm->shown_by, dm->display.scanouts);
    }
    for (unsigned i = 0; i < dm->o.functions && rc == 0; i++) {
        rc = passthru_create(&d->function[d->functions], &dm->m, dm->o.function[i],
                             SLOT_FIRST + dm->o.backends + i);
        d->functions += rc == 0;
        if (rc == -ENOENT && dm->o.may_lack[i]) /* the machine has it not */
            rc = 0;
    }
    return rc;
}

int vm_devices_create(struct dm *dm)
{
    int rc = create_ports(dm);

    if (rc == 0 && dm->o.firmware)
        rc = create_firmware(dm);
    if (rc == 0)
        rc = create_functions(dm);
    if (rc < 0)
        return dm_fail("devices", rc);
    rc = vm_state_create(&dm->d.vm_state, &dm->m, dm->window.base, dm->window.bytes);
    if (rc == -ENODEV && dm->o.kvm)
        rc = 0; /* there is no hypervisor of ours to look at */
    if (rc == -ENODEV) {
        log_line("the hypervisor's registers are not there: a triple fault is noticed by the "
                 "watchdog only");
        rc = 0;
    }
    return rc;
}

void vm_devices_destroy(struct devices *d)
{
    for (unsigned i = 0; i < d->functions; i++)
        passthru_destroy(d->function[i]);
    for (unsigned i = 0; i < d->backends; i++)
        vhost_device_destroy(d->backend[i]);
    if (d->vm_state)
        vm_state_destroy(d->vm_state);
    if (d->console)
        console_destroy(d->console);
    if (d->pvpanic)
        pvpanic_destroy(d->pvpanic);
    if (d->watchdog)
        watchdog_destroy(d->watchdog);
    if (d->ivshmem)
        ivshmem_destroy(d->ivshmem);
    if (d->q35)
        q35_destroy(d->q35);
    if (d->debug)
        debug_console_destroy(d->debug);
    if (d->fw_cfg)
        fw_cfg_destroy(d->fw_cfg);
    if (d->uart)
        uart_destroy(d->uart);
    if (d->power)
        power_destroy(d->power);
}
