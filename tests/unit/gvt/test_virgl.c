/* SPDX-License-Identifier: BSD-3-Clause */
/* The relocator over every command of the table: what passes, what does not, and what is changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "legal.h"

#define HANDLES 64u

/* All are attached but 0, 6 and 7. Each handle has the slot of its own number. */
static struct virgl_slot slot[HANDLES];
static const struct virgl_map map = {slot, HANDLES - 1, 26, 1u << 26};
static struct virgl_findings found;
static uint32_t batch[LEGAL_DWORDS + 16], sent[LEGAL_DWORDS + 16];

static int attach(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < HANDLES; i++)
        slot[i] = i == 6 || i == 7 ? (struct virgl_slot){0} : (struct virgl_slot){i, 1000 + i};
    return 0;
}

static enum virgl_verdict relocate(uint32_t dwords)
{
    memset(&found.fault, 0xFF, sizeof(found.fault));
    memcpy(sent, batch, sizeof(sent));
    return virgl_relocate(batch, dwords, &map, &found);
}

/* The legal lengths from `length` on. */
static uint32_t next_length(const struct virgl_rule *rule, uint32_t length)
{
    while (length <= legal_most(rule) && !legal_length(rule, length))
        length++;
    return length;
}

#define EACH_RULE(rule, header)                                                                    \
    uint32_t header, n_ = 0;                                                                       \
    for (const struct virgl_rule *rule; (rule = legal_rule(n_, &header)); n_++)

static void passes(const struct virgl_rule *rule, uint32_t header, uint32_t length)
{
    const uint32_t dwords = legal_write(batch, header, length);

    assert_int_equal(relocate(dwords), VIRGL_FINE);
    for (uint32_t i = 0; i < dwords; i++)
        assert_int_equal(batch[i], legal_place(rule, length, i) ? 1000 + sent[i] : sent[i]);
    assert_memory_equal(batch + dwords, sent + dwords, 64);
}

/* Legal forms pass, and the handles are all that is changed: the least form, some longer ones, the
 * longest. Every other dword holds what would be a good handle. */
static void test_legal_forms(void **state)
{
    uint32_t rules = 0;

    (void)state;
    EACH_RULE(rule, header)
    {
        uint32_t length = next_length(rule, legal_least(rule));

        rules += !rule->refused;
        for (unsigned i = 0; i < 4 && !rule->refused && length <= legal_most(rule); i++) {
            passes(rule, header, length);
            length = next_length(rule, length + 1);
        }
        if (!rule->refused)
            passes(rule, header, legal_most(rule));
    }
    assert_int_equal(rules, 1 + 11 + 4 + 11 + 46);
}

static void test_wrong_lengths(void **state)
{
    (void)state;
    EACH_RULE(rule, header)
    {
        for (uint32_t length = legal_least(rule); !rule->refused && length <= 24; length++) {
            const uint32_t dwords = legal_write(batch, header, length);

            if (legal_length(rule, length)) {
                assert_int_equal(relocate(dwords - 1), dwords > 1 ? VIRGL_CUT : VIRGL_FINE);
                continue;
            }
            assert_int_equal(relocate(dwords), VIRGL_LENGTH);
            assert_string_equal(found.fault.command, rule->name);
            assert_int_equal(found.fault.at, 0);
        }
        for (uint32_t length = 0; length < legal_least(rule) && !rule->refused; length++) {
            legal_write(batch, header, legal_least(rule));
            batch[0] = header | length << 16;
            assert_int_equal(relocate(length + 1), VIRGL_LENGTH);
        }
        if (!rule->refused && legal_most(rule) < 0xFFFF) {
            legal_write(batch, header, legal_most(rule) + 1);
            assert_int_equal(relocate(legal_most(rule) + 2), VIRGL_LENGTH);
        }
    }
}

static void test_foreign_handles(void **state)
{
    const uint32_t foreign[] = {6, 7, HANDLES, 0x80000000, 0xFFFFFFFF};
    unsigned places = 0;

    (void)state;
    EACH_RULE(rule, header)
    {
        /* Two entries of a list, the longest of the rest. */
        const uint32_t least = legal_least(rule),
                       length = rule->refused ? 0
                                : rule->step  ? least + 2u * rule->step
                                              : (legal_most(rule) < 64 ? legal_most(rule) : least);

        for (uint32_t i = 1; i <= length; i++) {
            if (!legal_place(rule, length, i))
                continue;
            places++;
            for (unsigned f = 0; f < sizeof(foreign) / sizeof(foreign[0]); f++) {
                const uint32_t dwords = legal_write(batch, header, length);

                batch[i] = foreign[f];
                assert_int_equal(relocate(dwords), VIRGL_FOREIGN);
                assert_int_equal(found.fault.dword, i);
                assert_string_equal(found.fault.command, rule->name);
            }
            legal_write(batch, header, length);
            batch[i] = 0; /* "none" where virgl knows it */
            assert_int_equal(relocate(length + 1), rule->none ? VIRGL_FINE : VIRGL_FOREIGN);
            assert_int_equal(batch[i], 0);
        }
    }
    assert_int_equal(places, 2 * 4 + 2 /* lists, DRAW_VBO */ + 2 * 3 /* pairs */ + 7 + 5);
}

/* A map that says something of handle 0, or of nothing at all. */
static void test_empty_map(void **state)
{
    const struct virgl_slot empty[2] = {0};
    const struct virgl_map none = {empty, 1, 31, 1};
    uint32_t dwords = legal_write(batch, VIRGL_OP_SET_INDEX_BUFFER, 3);

    (void)state;
    assert_int_equal(virgl_relocate(batch, dwords, &none, &found), VIRGL_FOREIGN);
    batch[1] = 0;
    assert_int_equal(virgl_relocate(batch, dwords, &none, &found), VIRGL_FINE);
    dwords = legal_write(batch, VIRGL_OP_CLEAR, 8);
    assert_int_equal(virgl_relocate(batch, dwords, &none, &found), VIRGL_FINE);
    assert_int_equal(virgl_relocate(batch, 0, &none, &found), VIRGL_FINE);
}

static void test_refused(void **state)
{
    unsigned refused = 0;

    (void)state;
    EACH_RULE(rule, header)
    {
        if (!rule->refused)
            continue;
        refused++;
        for (uint32_t length = 0; length < 70; length++) {
            legal_write(batch, header, length);
            assert_int_equal(relocate(length + 1), VIRGL_REFUSED);
            assert_string_equal(found.fault.command, rule->name);
            assert_ptr_equal(found.fault.why, rule->refused);
        }
        legal_write(batch, header, 0xFFFF);
        assert_int_equal(relocate(0x10000), VIRGL_REFUSED);
    }
    assert_int_equal(refused, 9 + 4);
}

static void test_unknown(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 0x10000; kind++) {
        if (virgl_rule(kind))
            continue;
        for (uint32_t length = 0; length < 4; length++) {
            legal_write(batch, kind, length);
            assert_int_equal(relocate(length + 1), VIRGL_UNKNOWN);
            assert_string_equal(found.fault.command, "?");
        }
    }
    assert_null(virgl_rule(VIRGL_OPCODES));
    assert_null(virgl_rule(VIRGL_OP_DRAW_VBO | 1 << 8));
    assert_null(virgl_rule(VIRGL_OP_DRAW_VBO | 0x80));
    assert_null(virgl_rule(VIRGL_OP_CREATE_OBJECT));
    assert_null(virgl_rule(VIRGL_OP_BIND_OBJECT | VIRGL_TYPE_SHADER << 8));
    assert_null(virgl_rule(VIRGL_OP_BIND_OBJECT | (VIRGL_TYPE_BLEND + 16) << 8));
}

static enum virgl_verdict with(uint32_t header, uint32_t length, uint32_t dword, uint32_t value)
{
    legal_write(batch, header, length);
    batch[dword] = value;
    return relocate(length + 1);
}

static void test_fields(void **state)
{
    const uint32_t shader = VIRGL_OP_CREATE_OBJECT | VIRGL_TYPE_SHADER << 8;

    (void)state;
    assert_int_equal(with(VIRGL_OP_SET_FRAMEBUFFER_STATE, 4, 1, 3), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_SET_FRAMEBUFFER_STATE, 4, 1, 0xFFFFFFFF), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_TRANSFER3D, 13, 13, 2), VIRGL_FIELDS); /* from the GPU */
    assert_int_equal(with(VIRGL_OP_TRANSFER3D, 13, 13, 3), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_TRANSFER3D, 13, 13, 0), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_COPY_TRANSFER3D, 14, 14, 0), VIRGL_FINE);
    assert_int_equal(with(VIRGL_OP_COPY_TRANSFER3D, 14, 14, 2), VIRGL_FIELDS); /* from the GPU */
    assert_int_equal(with(VIRGL_OP_COPY_TRANSFER3D, 14, 14, 4), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_SET_TWEAKS, 2, 1, 3), VIRGL_FIELDS);
    assert_int_equal(with(VIRGL_OP_EMIT_STRING_MARKER, 3, 1, 8), VIRGL_FINE);
    assert_int_equal(with(VIRGL_OP_EMIT_STRING_MARKER, 3, 1, 9), VIRGL_FIELDS);
    assert_int_equal(with(shader, 13, 5, 2), VIRGL_FINE); /* 4 strides, 2 outputs of 2 dwords */
    assert_int_equal(with(shader, 12, 5, 2), VIRGL_FIELDS);
    assert_int_equal(with(shader, 13, 5, 0x80000000), VIRGL_FIELDS); /* twice that is 0 */
    assert_int_equal(with(shader, 13, 2, 6), VIRGL_FIELDS);
    legal_write(batch, shader, 6);
    batch[2] = 5; /* a compute shader: dword 5 is a size */
    batch[5] = 65536;
    assert_int_equal(relocate(7), VIRGL_FINE);
}

/* The first fault counts, its place is told, and what lies behind it is as it was. */
static void test_first_fault(void **state)
{
    uint32_t dwords = legal_write(batch, VIRGL_OP_SET_INDEX_BUFFER, 3), at;

    (void)state;
    dwords += legal_write(batch + dwords, VIRGL_OP_SET_VERTEX_BUFFERS, 6);
    at = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_BLIT, 21);
    batch[at + 13] = 6;
    dwords += legal_write(batch + dwords, VIRGL_OP_CREATE_VIDEO_CODEC, 7);
    dwords += legal_write(batch + dwords, VIRGL_OP_SET_INDEX_BUFFER, 3);
    assert_int_equal(relocate(dwords), VIRGL_FOREIGN);
    assert_int_equal(found.fault.at, at);
    assert_int_equal(found.fault.dword, 13);
    assert_string_equal(found.fault.command, "BLIT");
    assert_memory_equal(batch + at + 13, sent + at + 13, (dwords - at - 13) * sizeof(*batch));
}

/* Commands that their keeper has work with, in their order and with the guest's handles. */
static void test_notes(void **state)
{
    const uint32_t query = VIRGL_TYPE_QUERY << 8;
    uint32_t dwords = legal_write(batch, VIRGL_OP_DESTROY_SUB_CTX, 1), at[6] = {0};

    (void)state;
    dwords += legal_write(batch + dwords, VIRGL_OP_CLEAR, 8);
    at[1] = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_CREATE_OBJECT | query, 4);
    batch[at[1] + 4] = 9;
    at[2] = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_COPY_TRANSFER3D, 14);
    batch[at[2] + 1] = 10;
    batch[at[2] + 12] = 11;
    dwords += legal_write(batch + dwords, VIRGL_OP_SET_INDEX_BUFFER, 3);
    at[3] = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_TRANSFER3D, 13);
    at[4] = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_GET_QUERY_RESULT, 2);
    at[5] = dwords;
    dwords += legal_write(batch + dwords, VIRGL_OP_DESTROY_OBJECT | query, 1);
    assert_int_equal(relocate(dwords), VIRGL_FINE);
    assert_int_equal(found.notes, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(found.note[i].at, at[i]);
    assert_int_equal(found.note[1].handle[0], 9);
    assert_int_equal(found.note[2].handle[0], 10);
    assert_int_equal(found.note[2].handle[1], 11);
    assert_int_equal(found.note[3].handle[0], LEGAL_HANDLE);
    assert_int_equal(batch[at[2] + 12], 1011);
}

static void test_too_many_notes(void **state)
{
    static uint32_t many[2 * VIRGL_MAX_NOTES + 2];

    (void)state;
    for (uint32_t i = 0; i <= VIRGL_MAX_NOTES; i++)
        legal_write(many + 2 * i, VIRGL_OP_DESTROY_SUB_CTX, 1);
    assert_int_equal(virgl_relocate(many, 2 * VIRGL_MAX_NOTES, &map, &found), VIRGL_FINE);
    assert_int_equal(virgl_relocate(many, 2 * VIRGL_MAX_NOTES + 2, &map, &found), VIRGL_MANY);
    assert_int_equal(found.fault.at, 2 * VIRGL_MAX_NOTES);
    assert_int_equal(found.notes, VIRGL_MAX_NOTES);
}

static void test_frames(void **state)
{
    const uint32_t draws[] = {0, 1, 20, 200};

    (void)state;
    slot[6] = (struct virgl_slot){6, 1006};
    slot[7] = (struct virgl_slot){7, 1006};
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t dwords = frame_write(batch, draws[i]);
        uint32_t changed = 0;

        assert_true(dwords <= FRAME_DWORDS(draws[i]));
        assert_int_equal(relocate(dwords), VIRGL_FINE);
        for (uint32_t at = 0; at < dwords; at++)
            changed += batch[at] != sent[at];
        assert_int_equal(changed, draws[i] + (draws[i] + 1) / 2 + draws[i] / 4);
    }
}

/* The fuzzer's seeds cover every command as the table has it now ("make virgl-seeds" writes them).
 */
static void test_seeds(void **state)
{
    (void)state;
    EACH_RULE(rule, header)
    {
        uint8_t expected[LEGAL_SEED_BYTES], seed[LEGAL_SEED_BYTES];
        const uint32_t bytes = legal_seed(expected, rule, header);
        char name[64], path[256];
        FILE *f;

        legal_seed_name(name, rule);
        snprintf(path, sizeof(path), LEGAL_SEEDS "/%s", name);
        f = fopen(path, "rb");
        if (!f)
            fail_msg("no %s", path);
        assert_int_equal(fread(seed, 1, sizeof(seed), f), bytes);
        fclose(f);
        assert_memory_equal(seed, expected, bytes);
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, attach)
    const struct CMUnitTest tests[] = {
        CASE(test_legal_forms), CASE(test_wrong_lengths),  CASE(test_foreign_handles),
        CASE(test_empty_map),   CASE(test_refused),        CASE(test_unknown),
        CASE(test_fields),      CASE(test_first_fault),    CASE(test_frames),
        CASE(test_notes),       CASE(test_too_many_notes), CASE(test_seeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
