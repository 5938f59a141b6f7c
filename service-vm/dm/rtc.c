/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the clock at 70h: time of day in the form of an MC146818 (24 hours, BCD), taken from the
 * host at every reading. */
#include <stddef.h>
#include <time.h>

#include "devices.h"
#include "layout.h"

#define STATUS_A                                                                                   \
    0x26 /* oscillator on, no periodic rate; never "update in progress": a reading is one moment's \
          */
#define STATUS_B 0x02 /* 24 hours, BCD */
#define STATUS_D 0x80 /* battery good */

static uint8_t selected;

static uint8_t bcd(int v)
{
    return (uint8_t)(v / 10 << 4 | v % 10);
}

static uint8_t clock_register(uint8_t reg)
{
    time_t now = time(NULL);
    struct tm t;

    (void)gmtime_r(&now, &t);
    switch (reg) {
    case 0x00:
        return bcd(t.tm_sec);
    case 0x02:
        return bcd(t.tm_min);
    case 0x04:
        return bcd(t.tm_hour);
    case 0x06:
        return bcd(t.tm_wday + 1);
    case 0x07:
        return bcd(t.tm_mday);
    case 0x08:
        return bcd(t.tm_mon + 1);
    case 0x09:
        return bcd(t.tm_year % 100);
    case 0x32:
        return bcd((t.tm_year + 1900) / 100);
    case 0x0A:
        return STATUS_A;
    case 0x0B:
        return STATUS_B;
    case 0x0D:
        return STATUS_D;
    default:
        return 0;
    }
}

static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    (void)device;
    if (bytes != 1)
        return;
    if (write) {
        if (offset == 0)
            selected = *value & 0x7F; /* bit 7 masks NMI, of which there is none here */
    } else {
        *value = offset == 0 ? selected : clock_register(selected);
    }
}

int rtc_add(struct machine *m)
{
    return machine_add_ports(m, PORT_RTC, 2, access, NULL);
}
