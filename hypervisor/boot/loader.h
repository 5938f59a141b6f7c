/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the UEFI loader offer each other. */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <efi.h>

#include <efilib.h>

#include "hv/hw.h"
#include "hv/lib.h"
#include "hv/scenario.h"
#include "machine.h"

extern EFI_HANDLE efi_image;

/* console.c: the UART and the firmware's text screen; formats as hv/lib.h says. */
void console_start(uint16_t port);
void console_move(uint16_t port); /* to the UART that the scenario names */
void console_screen_off(void);    /* firmware's text screen is no longer to be used */
void say(const char *format, ...) HV_PRINTF(1, 2); /* on the UART */
/* complain and report_line (machine.h) are on the screen too; the report is kept until it is
 * saved. */
void report_start(void);
void report_save(void);
/* Tells why there is no boot, waits for a key, restarts the machine; R calls `recovery` instead, if
 * there is one now. */
void fail(const char *format, ...) HV_PRINTF(1, 2) HV_NORETURN;
void fail_offers(void (*recovery)(void));
/* Whether R is typed within that time; another key ends it early. */
bool recovery_wanted(unsigned seconds);
const char *efi_error(EFI_STATUS status);

/* files.c: \binnacle\ of the partition the loader came from. */
struct file {
    uint8_t *data; /* page aligned, in memory of its own below 4 GiB */
    uint64_t bytes;
};
void files_open(void);
/* Reads a file whole and checks its SHA-256 against the loader's list; fails by name. */
void file_read(const char *name, struct file *file);
void file_release(const struct file *file);
bool file_is_listed(const char *name); /* in the loader's list of sums */
/* Makes the file be these bytes; it is left alone if it is. What goes wrong is said, no more. */
void file_write(const char *name, const void *data, uint64_t bytes);

/* memory.c */
uint64_t memory_pages(uint64_t bytes); /* zeroed pages below 4 GiB; fails if there are none */
uint64_t memory_low_page(void);        /* below 1 MiB */
/* Takes what the scenario gives to someone, so that no file is put there. The hypervisor's must be
 * free now. */
void memory_claim(const struct bn_scenario *s);
void memory_read_map(struct bn_boot_info *info);
/* Ends boot services; no call to firmware after it. `info` gets the final map. */
void memory_exit_boot_services(struct bn_boot_info *info);

/* screen.c: the mode that firmware has set, base 0: no display with a linear one; the scenario's.
 */
void screen_now(struct bn_boot_framebuffer *is);
void screen_set(const struct bn_scenario *s, struct bn_boot_framebuffer *to);

#endif
