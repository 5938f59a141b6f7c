/* SPDX-License-Identifier: BSD-3-Clause */
/* Which progress the cluster's tasks owe, for the watchdog manager (wdgm.h). */
#ifndef CLUSTER_SUPERVISION_H
#define CLUSTER_SUPERVISION_H

#include "wdgm.h"

#define SUPERVISION_US        25000u  /* from one call of the main function to the next */
#define SUPERVISION_SILENT_US 200000u /* after that the supervisor itself has stopped */

enum { SUPERVISED_DRAW, SUPERVISED_BUS, SUPERVISED_CHIME, SUPERVISED_PUBLISH, SUPERVISED_STORE };
#define SUPERVISED 5

/* Checkpoints, in their order. */
enum { DRAW_SLOT, DRAW_SCENE, DRAW_PAINTED, DRAW_TOLD, DRAW_CHECKPOINTS };
enum { BUS_WOKEN, BUS_RECEIVED, BUS_ASKED, BUS_DONE, BUS_CHECKPOINTS };
enum { CHIME_BEGUN, CHIME_ANSWERED, CHIME_SOUNDED, CHIME_CHECKPOINTS };
enum { PUBLISH_BEGUN, PUBLISH_DONE, PUBLISH_CHECKPOINTS };
enum { STORE_BEGUN, STORE_DONE, STORE_CHECKPOINTS };

extern const WdgM_ConfigType supervision;

#endif
