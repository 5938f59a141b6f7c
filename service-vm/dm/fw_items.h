/* SPDX-License-Identifier: BSD-3-Clause */
/* What firmware is told of its machine by files in fw_cfg. */
#ifndef DM_FW_ITEMS_H
#define DM_FW_ITEMS_H

#include "devices.h"

/* The memory map, and the ACPI tables with the script that places them. 0 or -errno. */
int fw_items_add(struct fw_cfg *c, const struct machine *m) __attribute__((warn_unused_result));

#endif
