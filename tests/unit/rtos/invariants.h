/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's invariants, for tests that make many random calls. */
#ifndef INVARIANTS_H
#define INVARIANTS_H

void check_invariants(void);

#endif
