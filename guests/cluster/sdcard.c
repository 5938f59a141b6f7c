/* SPDX-License-Identifier: BSD-3-Clause */
/* Identifies an SD card (Physical Layer 4.2.3, figure 4-2) and moves blocks. */
#include "sdcard.h"

#include "binnacle/abi.h"

#include "mem.h"

#define IF_COND      0x1AAu      /* 2.7 to 3.6 V, and a pattern that comes back */
#define OCR_VOLTAGES 0x00FF8000u /* 2.7 to 3.6 V */
#define OCR_CAPACITY (1u << 30)  /* asked: we can do by blocks; answered: so can it */
#define OCR_POWERED  (1u << 31)  /* it is through with its power-up */
#define R1_APP       (1u << 5)   /* the next command is an ACMD */
#define R1_ERRORS    0xFFF98008u /* table 4-42, with CARD_IS_LOCKED */
#define R6_ERRORS    0xE000u     /* the same of an R6, which has fewer */
#define FIND_MS      2000u       /* longest; a card may take 1 s for its power-up (4.2.3) */

enum step {
    START,
    GO_IDLE,
    SEND_IF_COND,
    APP_CMD,
    SEND_OP_COND,
    ALL_SEND_CID,
    SEND_RELATIVE_ADDR,
    SELECT_CARD,
    SET_BLOCKLEN,
    SPEED,
    FOUND,
    MOVE,
};

static const struct sdhc_command commands[] = {
    [GO_IDLE] = {0, SDHC_NO_RESPONSE, 0, 0}, [SEND_IF_COND] = {8, SDHC_R1, 0, IF_COND},
    [APP_CMD] = {55, SDHC_R1, 0, 0},         [SEND_OP_COND] = {41, SDHC_R3, 0, OCR_VOLTAGES},
    [ALL_SEND_CID] = {2, SDHC_R2, 0, 0},     [SEND_RELATIVE_ADDR] = {3, SDHC_R1, 0, 0},
    [SELECT_CARD] = {7, SDHC_R1B, 0, 0},     [SET_BLOCKLEN] = {16, SDHC_R1, 0, SDHC_BLOCK_BYTES},
};

/* Begins that step of finding the card. */
static void begin(struct sdcard *c, enum step step, uint32_t now_ms)
{
    struct sdhc_command command;

    c->step = (uint8_t)step;
    if (step == FOUND)
        return;
    if (step == SPEED) {
        sdhc_full_speed(&c->host, now_ms);
        return;
    }
    command = commands[step];
    if (step == SEND_OP_COND && c->version_2)
        command.argument |= OCR_CAPACITY;
    if (step == SELECT_CARD)
        command.argument = (uint32_t)c->address << 16;
    sdhc_send(&c->host, &command, NULL, now_ms);
}

/* Takes what the card has answered to the step; false: that is no SD card, or a broken one. */
static bool take(struct sdcard *c)
{
    const uint32_t *r = c->host.response;

    switch ((enum step)c->step) {
    case SEND_IF_COND:
        c->version_2 = true;
        return (r[0] & 0xFFF) == IF_COND;
    case APP_CMD: /* a card of version 1 calls the CMD8 before it illegal: no error */
        return r[0] & R1_APP;
    case SEND_OP_COND:
        c->by_block = c->version_2 && r[0] & OCR_CAPACITY;
        return r[0] & OCR_VOLTAGES;
    case ALL_SEND_CID:
        c->identity = bn_crc32(0, r, sizeof(c->host.response));
        return true;
    case SEND_RELATIVE_ADDR:
        c->address = (uint16_t)(r[0] >> 16);
        return !(r[0] & R6_ERRORS);
    case SELECT_CARD:
    case SET_BLOCKLEN:
    case MOVE:
        return !(r[0] & R1_ERRORS);
    default:
        return true;
    }
}

static enum step following(const struct sdcard *c)
{
    if (c->step == SEND_OP_COND && !(c->host.response[0] & OCR_POWERED))
        return APP_CMD; /* ask again */
    return c->step < FOUND ? (enum step)(c->step + 1) : FOUND;
}

void sdcard_find(struct sdcard *c, const struct sdhc_registers *registers, uint32_t now_ms)
{
    *c = (struct sdcard){.host.registers = registers, .step = START, .begun_ms = now_ms};
    sdhc_start(&c->host, now_ms);
}

static void move(struct sdcard *c, uint8_t index, enum sdhc_data way, uint32_t block, uint8_t *data,
                 uint32_t now_ms)
{
    const struct sdhc_command command = {
        .index = index,
        .response = SDHC_R1,
        .data = (uint8_t)way,
        .argument = c->by_block ? block : block * SDHC_BLOCK_BYTES,
    };

    c->step = MOVE;
    sdhc_send(&c->host, &command, data, now_ms);
}

void sdcard_read(struct sdcard *c, uint32_t block, uint8_t *data, uint32_t now_ms)
{
    move(c, 17, SDHC_READ, block, data, now_ms);
}

void sdcard_write(struct sdcard *c, uint32_t block, uint8_t *data, uint32_t now_ms)
{
    move(c, 24, SDHC_WRITE, block, data, now_ms);
}

enum sdhc_status sdcard_step(struct sdcard *c, uint32_t now_ms)
{
    enum sdhc_status status = sdhc_step(&c->host, now_ms);
    bool old = c->step == SEND_IF_COND && status == SDHC_SILENT; /* version 1 knows no CMD8 */

    if (c->step < FOUND && now_ms - c->begun_ms > FIND_MS)
        return SDHC_FAILED;
    if (status == SDHC_BUSY || status == SDHC_ABSENT)
        return status;
    if (!old && (status != SDHC_DONE || !take(c)))
        return SDHC_FAILED;
    begin(c, following(c), now_ms);
    return c->step == FOUND ? SDHC_DONE : SDHC_BUSY;
}
