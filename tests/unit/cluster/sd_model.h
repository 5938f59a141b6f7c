/* SPDX-License-Identifier: BSD-3-Clause */
/* An SD host controller with a card, in plain memory, which can go wrong in every way, and whose
 * power can be cut in the middle of a write. What the driver must not do ends the test. */
#ifndef SD_MODEL_H
#define SD_MODEL_H

#include "store.h"

enum sd_fault {
    SD_FINE,
    /* of the controller and the slot */
    SD_EMPTY,
    SD_BOUNCING,
    SD_RESET_STUCK,
    SD_NO_BASE_CLOCK,
    SD_NO_VOLTAGE,
    SD_CLOCK_STUCK,
    SD_ONES, /* nothing decodes any more */
    SD_ZEROS,
    /* of commands, from sd.from on, sd.lasts of them */
    SD_SILENT,
    SD_CRC,
    SD_MUTE, /* neither answer nor error */
    SD_INHIBITED,
    SD_R1_ERROR,
    SD_WRONG_ANSWER,
    SD_NO_DATA,
    SD_DATA_ERROR,
    SD_BUSY_FOREVER,
    SD_LIES, /* says that it has written */
    SD_FLIPS,
    SD_LINES_STUCK, /* an error that no reset of the lines ends */
    SD_FAULTS
};

enum sd_kind { SD_VERSION_1, SD_STANDARD, SD_HIGH };

struct sd_model {
    enum sd_fault fault;
    uint32_t from, lasts;
    enum sd_kind kind;
    uint32_t version; /* of the controller: 0, 1, 2 */
    uint32_t base_mhz;
    uint32_t delay;    /* looks until something has happened */
    uint32_t power_up; /* ACMD41s until the card is ready */
    uint32_t serial;
    uint8_t media[SLOTS][SDHC_BLOCK_BYTES];
    bool bad[SLOTS]; /* cannot be read until it is written */
    uint32_t cut_at; /* power goes in write number ... (from 1), after so many bytes; 0: never */
    uint32_t cut_bytes;
    uint8_t torn; /* what becomes of the rest: TORN_OLD, TORN_ONES, TORN_UNREADABLE */
    bool dead;    /* no power */
    uint32_t commands, writes;
    /* of the present life */
    uint32_t argument, block, control, clock, enable, status, pending, looks, response[4];
    uint32_t polls, position;
    bool app, selected, reading, writing;
    uint8_t buffer[SDHC_BLOCK_BYTES];
};
enum { TORN_OLD, TORN_ONES, TORN_UNREADABLE };

extern struct sd_model sd;
extern const struct sdhc_registers sd_registers;

/* A fine SDHC card that says nothing, in a controller of version 3. */
void sd_begin(void);
/* Power comes back. */
void sd_power_on(void);

#endif
