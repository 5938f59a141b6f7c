/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An SD host controller (SD Host Controller Simplified Specification 3.00): one command with at
 * most one block at a time, by programmed I/O. Nothing here waits: each step looks once, goes as
 * far as it can without waiting, and every wait has its end. The controller is told of no memory,
 * so it needs no IOMMU to be harmless, and it never interrupts.
 */
#ifndef CLUSTER_SDHC_H
#define CLUSTER_SDHC_H

#include <stdbool.h>
#include <stdint.h>

#define SDHC_BLOCK_BYTES 512u

struct sdhc_registers { /* in 32 bits, by offset */
    uint32_t (*read)(uint32_t offset);
    void (*write)(uint32_t offset, uint32_t value);
};

enum sdhc_status {
    SDHC_BUSY,
    SDHC_DONE,
    SDHC_SILENT, /* the card has not answered this command */
    SDHC_ABSENT, /* no card in the slot */
    SDHC_FAILED, /* anything else; from here on only sdhc_start() helps */
};

enum sdhc_response { SDHC_NO_RESPONSE, SDHC_R1, SDHC_R1B, SDHC_R2, SDHC_R3 }; /* R6, R7: as R1 */
enum sdhc_data { SDHC_NO_DATA, SDHC_READ, SDHC_WRITE };

struct sdhc_command {
    uint8_t index;
    uint8_t response; /* enum sdhc_response */
    uint8_t data;     /* enum sdhc_data */
    uint32_t argument;
};

struct sdhc {
    const struct sdhc_registers *registers;
    uint8_t phase;
    uint8_t outcome;   /* enum sdhc_status, once the lines are free again */
    uint32_t since_ms; /* of this phase */
    uint32_t said;     /* the status, when it was looked at last in this command */
    uint32_t base_khz; /* the clock that is divided */
    uint32_t divider_max;
    struct sdhc_command command;
    uint8_t *block;
    uint32_t response[4];
};

/* Each begins something that sdhc_step() brings to its end. */
void sdhc_start(struct sdhc *h, uint32_t now_ms); /* reset, power, the clock for identification */
void sdhc_full_speed(struct sdhc *h, uint32_t now_ms); /* 25 MHz, which every card can do */
/* block: SDHC_BLOCK_BYTES that are filled, or sent. */
void sdhc_send(struct sdhc *h, const struct sdhc_command *command, uint8_t *block, uint32_t now_ms);

/* One look. SDHC_BUSY until what was begun has ended. */
enum sdhc_status sdhc_step(struct sdhc *h, uint32_t now_ms);

#endif
