/* SPDX-License-Identifier: BSD-3-Clause */
/* The telltale symbols as shapes, for the build-time tool. */
#ifndef CLUSTER_SYMBOLS_H
#define CLUSTER_SYMBOLS_H

#include "assets.h"

/* Signed distance to the symbol's edge, negative inside; x, y in a 64 x 64 box. In the order of
 * enum bn_telltale. */
extern double (*const symbols[ASSET_SYMBOLS])(double x, double y);

#endif
