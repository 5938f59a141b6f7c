/* SPDX-License-Identifier: BSD-3-Clause */
/* The vehicle bus's bytes, read by code that can harm nobody. */
#ifndef CLUSTER_LISTEN_H
#define CLUSTER_LISTEN_H

#include "bus.h"

/* Takes some of the bytes that have come by bus time now_ms, and what they say into *bus; false:
 * there were none. From the task that listens to the bus. */
bool listen(struct bus *bus, uint32_t now_ms);

#endif
