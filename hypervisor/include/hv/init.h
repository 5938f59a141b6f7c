/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of boot, as the boot CPU and the others go through it. */
#ifndef HV_INIT_H
#define HV_INIT_H

#include "hv/types.h"

void hv_main(hpa_t boot_info_address) HV_NORETURN;
void init_this_cpu(void);                 /* virtualisation on, extended state known */
void init_wait_and_run(void) HV_NORETURN; /* waits for the boot CPU's word, then runs vCPUs */

#endif
