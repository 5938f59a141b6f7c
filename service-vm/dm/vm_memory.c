/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what a VM finds in its memory when it starts: firmware, or tables and images. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "acpi.h"
#include "dm_internal.h"

static int open_images(struct dm *dm)
{
    int rc;

    if (!dm->o.kernel) {
        log_line("no kernel: neither --kernel nor the scenario names one");
        return -EINVAL;
    }
    rc = blob_open(&dm->plan.kernel, dm->o.kernel);
    if (rc < 0)
        return dm_fail(dm->o.kernel, rc);
    rc = dm->o.initrd ? blob_open(&dm->plan.initrd, dm->o.initrd) : 0;
    if (rc < 0)
        return dm_fail(dm->o.initrd, rc);
    for (unsigned i = 0; i < dm->o.modules; i++) {
        char *args;

        (void)snprintf(dm->module_name[i], sizeof(dm->module_name[i]), "%s", dm->o.module[i]);
        args = strchr(dm->module_name[i], '=');
        if (args)
            *args++ = 0;
        dm->plan.module_args[i] = args;
        rc = blob_open(&dm->plan.module[i], dm->module_name[i]);
        if (rc < 0)
            return dm_fail(dm->module_name[i], rc);
        dm->plan.modules++;
    }
    dm->plan.cmdline = dm->o.cmdline ? dm->o.cmdline : "";
    return 0;
}

static void close_images(struct dm *dm)
{
    blob_close(&dm->plan.kernel);
    blob_close(&dm->plan.initrd);
    for (unsigned i = 0; i < dm->plan.modules; i++)
        blob_close(&dm->plan.module[i]);
}

static int create_memory(struct dm *dm)
{
    int rc = guest_mem_create(&dm->m.mem, dm->o.memory, !dm->o.kvm);

    if (rc < 0)
        log_line("%" PRIu64 " MiB of memory: %s%s", dm->o.memory >> 20, strerror(-rc),
                 rc == -ENOMEM ? " (see /proc/sys/vm/nr_hugepages)" : "");
    return rc;
}

int vm_memory_load_firmware(struct dm *dm)
{
    char why[256] = "";
    struct blob image;
    int rc = blob_open(&image, dm->o.firmware);

    if (rc < 0)
        return dm_fail(dm->o.firmware, rc);
    rc = firmware_load(&dm->firmware, &image, why, sizeof(why));
    if (rc < 0)
        log_line("firmware refused: %s", why);
    blob_close(&image);
    return rc < 0 ? rc : create_memory(dm);
}

int vm_memory_fill(struct dm *dm)
{
    char why[256] = "";
    int rc = open_images(dm);

    if (rc == 0)
        rc = create_memory(dm);
    if (rc == 0)
        rc = acpi_write(&dm->m.mem, dm->o.cpus, &dm->plan.rsdp);
    if (rc == 0) {
        rc = is_multiboot(&dm->plan.kernel)
                 ? boot_multiboot(&dm->m.mem, &dm->plan, &dm->cpu, why, sizeof(why))
                 : boot_bzimage(&dm->m.mem, &dm->plan, &dm->cpu, why, sizeof(why));
        if (rc < 0)
            log_line("image refused: %s", why);
    }
    close_images(dm);
    return rc;
}
