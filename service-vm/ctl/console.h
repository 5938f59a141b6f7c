/* SPDX-License-Identifier: BSD-3-Clause */
/* A VM's console from the service VM's side. */
#ifndef CTL_CONSOLE_H
#define CTL_CONSOLE_H

/* Copies standard input to the console of the VM that a device model serves, and what it says to
 * standard output, until standard input ends or the VM does. 0 or -errno. */
int console_attach(const char *vm) __attribute__((warn_unused_result));

#endif
