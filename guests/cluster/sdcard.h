/* SPDX-License-Identifier: BSD-3-Clause */
/* An SD card (SD Physical Layer Simplified Specification): found, and then read and written block
 * by block, a step at a time. */
#ifndef CLUSTER_SDCARD_H
#define CLUSTER_SDCARD_H

#include "sdhc.h"

struct sdcard {
    struct sdhc host;
    uint8_t step;
    bool version_2; /* it knows CMD8 */
    bool by_block;  /* addresses are blocks, not bytes: SDHC and SDXC */
    uint16_t address;
    uint32_t identity; /* of this card among all: of its CID */
    uint32_t begun_ms;
};

/* Each begins something that sdcard_step() brings to its end; reading and writing after the card
 * was found. data: SDHC_BLOCK_BYTES. */
void sdcard_find(struct sdcard *c, const struct sdhc_registers *registers, uint32_t now_ms);
void sdcard_read(struct sdcard *c, uint32_t block, uint8_t *data, uint32_t now_ms);
void sdcard_write(struct sdcard *c, uint32_t block, uint8_t *data, uint32_t now_ms);

/* SDHC_BUSY until what was begun has ended; SDHC_SILENT is none of the ends. After a failure the
 * card must be found anew. */
enum sdhc_status sdcard_step(struct sdcard *c, uint32_t now_ms);

#endif
