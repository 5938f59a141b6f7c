/* SPDX-License-Identifier: BSD-3-Clause */
/* The registers of the SD Host Controller Specification and the commands of the Physical Layer
 * Specification, as far as one block at a time needs them. */
#include "sd_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_DONE  (1u << 0)
#define TRANSFER_DONE (1u << 1)
#define WRITABLE      (1u << 4)
#define READABLE      (1u << 5)
#define ERROR         (1u << 15)
#define SILENT        (1u << 16)
#define WRONG_CRC     (1u << 17)
#define DATA_TIMEOUT  (1u << 20)
#define ADDRESS       0x1234u
#define R1_READY      0x900u

struct sd_model sd;

static bool faulty(enum sd_fault fault)
{
    return sd.fault == fault && sd.commands >= sd.from && sd.commands - sd.from < sd.lasts;
}

/* To be seen after a few looks, as far as it is enabled. */
static void raise_status(uint32_t bits)
{
    sd.pending |= bits;
    sd.looks = sd.delay;
}

static uint32_t status(void)
{
    if (sd.looks)
        sd.looks--;
    else {
        sd.status |= sd.pending & (sd.enable | ERROR);
        sd.pending = 0;
    }
    return sd.status;
}

static uint32_t khz(void)
{
    uint32_t n = (sd.clock >> 8 & 0xFF) | (sd.clock >> 6 & 3) << 8;

    return sd.base_mhz * 1000 / (n ? 2 * n : 1);
}

/* Which slot the command means; the store touches nothing else of a card. */
static uint32_t slot(void)
{
    uint32_t block = sd.kind == SD_HIGH ? sd.argument : sd.argument / SDHC_BLOCK_BYTES;

    assert(sd.kind == SD_HIGH || sd.argument % SDHC_BLOCK_BYTES == 0);
    assert(block == STORE_BLOCK(0) || block == STORE_BLOCK(1));
    return block == STORE_BLOCK(1);
}

static void answer_cid(void)
{
    for (uint32_t i = 0; i < 4; i++)
        sd.response[i] = sd.serial * (i + 1);
}

/* A card of high capacity is not ready for a host that does not say that it knows such. */
static uint32_t answer_op_cond(void)
{
    bool host_capacity = sd.argument >> 30 & 1;

    assert(sd.app);
    assert((sd.argument & 0xFF8000) == 0xFF8000);
    assert(!host_capacity || sd.kind != SD_VERSION_1);
    if (sd.polls++ < sd.power_up || (sd.kind == SD_HIGH && !host_capacity))
        return 0x00FF8000;
    return 0x80FF8000 | (sd.kind == SD_HIGH ? 1u << 30 : 0);
}

/* The card's side; false: it does not answer. */
static bool card(uint32_t index)
{
    uint32_t *r = sd.response, was_app = sd.app;

    sd.app = false;
    r[0] = R1_READY | (faulty(SD_R1_ERROR) ? 1u << 19 : 0);
    switch (index) {
    case 0:
        sd.selected = false;
        return false;
    case 8:
        r[0] = faulty(SD_WRONG_ANSWER) ? 0x155 : sd.argument;
        return sd.kind != SD_VERSION_1;
    case 55:
        sd.app = true;
        r[0] = faulty(SD_WRONG_ANSWER) ? 0 : r[0] | 1u << 5 | (sd.kind ? 0 : 1u << 22);
        return true;
    case 41:
        sd.app = was_app;
        r[0] = faulty(SD_WRONG_ANSWER) ? 0 : answer_op_cond();
        return true;
    case 2:
        answer_cid();
        return true;
    case 3:
        r[0] = ADDRESS << 16 | 0x500 | (faulty(SD_R1_ERROR) ? 1u << 13 : 0);
        return true;
    case 7:
        sd.selected = sd.argument >> 16 == ADDRESS;
        return sd.selected;
    case 16:
        assert(sd.argument == SDHC_BLOCK_BYTES);
        return sd.selected;
    default:
        return sd.selected;
    }
}

static void begin_data(uint32_t index)
{
    assert(sd.block == (1u << 16 | SDHC_BLOCK_BYTES));
    assert(
        !(sd.status & TRANSFER_DONE)); /* of the command before: it would be taken for this one's */
    sd.position = 0;
    sd.reading = index == 17;
    sd.writing = index == 24;
    if (faulty(SD_NO_DATA))
        return;
    if (faulty(SD_DATA_ERROR) || (sd.reading && sd.bad[slot()])) {
        raise_status(ERROR | DATA_TIMEOUT);
        return;
    }
    if (sd.reading)
        memcpy(sd.buffer, sd.media[slot()], sizeof(sd.buffer));
    if (sd.reading && faulty(SD_FLIPS))
        sd.buffer[20] ^= 0x10;
    raise_status(sd.reading ? READABLE : WRITABLE);
}

static void send(uint32_t value)
{
    static const uint8_t flags[64] = {
        [2] = 0x09,  [3] = 0x1A,  [7] = 0x1B,  [8] = 0x1A, [16] = 0x1A,
        [17] = 0x3A, [24] = 0x3A, [41] = 0x02, [55] = 0x1A};
    uint32_t index = value >> 24, kind = value >> 16 & 0xFF;
    bool identifying = index == 0 || index == 8 || index == 55 || index == 41 || index == 2;

    assert(kind == flags[index & 63]);
    assert((value & 0xFFFF) == (index == 17 ? 0x10u : 0)); /* one block, no DMA */
    assert((sd.clock & 7) == 7);
    assert(sd.control == 0xF00 || sd.control == 0xD00);
    assert(khz() <= (identifying || index == 3 ? 400 : 25000) && khz() >= 99);
    sd.commands++;
    if (faulty(SD_MUTE))
        return;
    if (faulty(SD_CRC) || faulty(SD_LINES_STUCK)) {
        raise_status(ERROR | WRONG_CRC);
        return;
    }
    if (faulty(SD_SILENT) || (!card(index) && kind)) {
        raise_status(ERROR | SILENT);
        return;
    }
    raise_status(COMMAND_DONE);
    if (kind & 0x20)
        begin_data(index);
    else if ((kind == 0x1B && !faulty(SD_BUSY_FOREVER)) || sd.delay % 2)
        raise_status(TRANSFER_DONE); /* some say so after every command */
}

/* The whole block has come: it goes to the media, or as much of it as there is power for. */
static void program(void)
{
    uint32_t n = SDHC_BLOCK_BYTES, at = slot();

    sd.writes++;
    if (sd.cut_at && sd.writes == sd.cut_at) {
        n = sd.cut_bytes;
        sd.dead = true;
    }
    if (!faulty(SD_LIES)) {
        memcpy(sd.media[at], sd.buffer, n);
        if (n < SDHC_BLOCK_BYTES && sd.torn == TORN_ONES)
            memset(sd.media[at] + n, 0xFF, SDHC_BLOCK_BYTES - n);
        sd.bad[at] = n < SDHC_BLOCK_BYTES && sd.torn == TORN_UNREADABLE;
    }
}

static void moved(void)
{
    sd.position += 4;
    if (sd.position < SDHC_BLOCK_BYTES)
        return;
    if (sd.writing)
        program();
    sd.reading = sd.writing = false;
    if (!faulty(SD_BUSY_FOREVER))
        raise_status(TRANSFER_DONE);
}

static uint32_t read_buffer(void)
{
    uint32_t word;

    assert(sd.reading && sd.position < SDHC_BLOCK_BYTES);
    memcpy(&word, sd.buffer + sd.position, sizeof(word));
    moved();
    return word;
}

static void write_buffer(uint32_t word)
{
    assert(sd.writing && sd.position < SDHC_BLOCK_BYTES);
    memcpy(sd.buffer + sd.position, &word, sizeof(word));
    moved();
}

static uint32_t read_clock(void)
{
    if (sd.looks) {
        sd.looks--;
        return sd.clock;
    }
    if (sd.fault != SD_RESET_STUCK)
        sd.clock &= ~(1u << 24);
    if (!faulty(SD_LINES_STUCK))
        sd.clock &= ~(6u << 24);
    if (sd.clock & 1 && sd.fault != SD_CLOCK_STUCK)
        sd.clock |= 2;
    return sd.clock;
}

static void write_clock(uint32_t value)
{
    assert(!(value & 4) || value & 2); /* the card gets a clock that is stable */
    sd.clock = value;
    sd.looks = sd.delay;
    if (value & 1u << 24) {
        sd.clock = 1u << 24;
        sd.control = sd.enable = sd.status = sd.pending = 0;
    }
    if (value & 6u << 24)
        sd.status = sd.pending = 0;
}

static uint32_t read_register(uint32_t offset)
{
    if (sd.dead || sd.fault == SD_ONES)
        return UINT32_MAX;
    if (sd.fault == SD_ZEROS)
        return 0;
    switch (offset) {
    case 0x10:
    case 0x14:
    case 0x18:
    case 0x1C:
        return sd.response[(offset - 0x10) / 4];
    case 0x20:
        return read_buffer();
    case 0x24:
        return (sd.fault == SD_EMPTY ? 0 : 1u << 16) | (sd.fault == SD_BOUNCING ? 0 : 1u << 17) |
               (faulty(SD_INHIBITED) ? 1 : 0);
    case 0x2C:
        return read_clock();
    case 0x30:
        return status();
    case 0x40:
        return (sd.fault == SD_NO_BASE_CLOCK ? 0 : sd.base_mhz << 8) |
               (sd.fault == SD_NO_VOLTAGE ? 1u << 26
                : sd.version              ? 1u << 24
                                          : 1u << 25);
    case 0xFC:
        return sd.version << 16;
    default:
        abort(); /* nobody has to read that one */
    }
}

static void write_register(uint32_t offset, uint32_t value)
{
    if (sd.dead)
        return;
    switch (offset) {
    case 0x04:
        sd.block = value;
        break;
    case 0x08:
        sd.argument = value;
        break;
    case 0x0C:
        send(value);
        break;
    case 0x20:
        write_buffer(value);
        break;
    case 0x28:
        sd.control = value;
        break;
    case 0x2C:
        write_clock(value);
        break;
    case 0x30:
        sd.status &= ~value;
        break;
    case 0x34:
        sd.enable = value;
        break;
    case 0x38:
        assert(value == 0); /* nothing interrupts */
        break;
    default:
        abort();
    }
}

const struct sdhc_registers sd_registers = {read_register, write_register};

void sd_begin(void)
{
    sd = (struct sd_model){
        .kind = SD_HIGH,
        .version = 2,
        .base_mhz = 52,
        .power_up = 2,
        .serial = 0x5EED,
        .from = 1,
        .lasts = UINT32_MAX,
    };
}

void sd_power_on(void)
{
    sd.dead = false;
    sd.cut_at = 0;
    sd.commands = sd.writes = 0;
    sd.status = sd.pending = sd.looks = sd.polls = sd.clock = sd.control = 0;
    sd.app = sd.selected = sd.reading = sd.writing = false;
}
