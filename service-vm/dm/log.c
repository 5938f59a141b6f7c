/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the form of a log line. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char *vm_name = "?";

void log_name(const char *vm)
{
    vm_name = vm;
}

void log_line(const char *format, ...)
{
    char line[512];
    int n = snprintf(line, sizeof(line), "binnacle-dm: %s: ", vm_name), more;
    va_list args;

    va_start(args, format);
    more = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
    va_end(args);
    n = more < 0 ? n : n + more;
    if (n > (int)sizeof(line) - 2)
        n = (int)sizeof(line) - 2;
    line[n++] = '\n';
    /* one write per line, so that lines of several processes do not mix */
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere left to say it */
}

uint64_t monotonic_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
