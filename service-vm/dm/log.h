/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of the device model's log: "binnacle-dm: <vm>: ..." on stderr, which the supervisor keeps.
 */
#ifndef DM_LOG_H
#define DM_LOG_H

#include <stdint.h>

void log_name(const char *vm); /* kept by reference */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t monotonic_ns(void);

#endif
