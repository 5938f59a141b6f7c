/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the relocator with batches of any shape. Of a batch that passes, the handles that the
 * table names have changed, to what the map says, and nothing else has. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/virgl.h"

#define HANDLES 64u
#define DWORDS  4096u

#define MEND_HEADERS 1u /* modes: blind mutation seldom keeps opcode and length together, */
#define MEND_HANDLES 2u /* or names a resource */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct virgl_slot slot[HANDLES]; /* each handle has the slot of its own number */

static uint32_t place(const struct virgl_rule *rule, uint32_t n)
{
    return rule->first && n < rule->count && (!n || rule->stride) ? rule->first + n * rule->stride
                                                                  : UINT32_MAX;
}

/* Gives a header an opcode that there is (or the first that there is not) and a length near those
 * of its rule, as far as the batch reaches. */
static uint32_t mended(uint32_t header, uint32_t rest)
{
    const uint32_t op = (header & 0xFF) % (VIRGL_OPCODES + 1);
    const bool typed = op >= VIRGL_OP_CREATE_OBJECT && op <= VIRGL_OP_DESTROY_OBJECT;
    const uint32_t kind = op | (typed ? (header >> 8 & 0xFF) % (VIRGL_TYPES + 1) << 8 : 0);
    const struct virgl_rule *rule = virgl_rule(kind);
    uint32_t length = (header >> 16) % 32;

    if (rule && !rule->refused)
        length = (rule->from & 0xFFFF) +
                 (rule->span ? length * (rule->step ? rule->step : 1u) % (rule->span + 1) : 0);
    return kind | (length < rest ? length : rest - 1) << 16;
}

static void mend(uint32_t *batch, uint32_t dwords, uint8_t mode)
{
    for (uint32_t at = 0; at < dwords; at += (batch[at] >> 16) + 1) {
        const struct virgl_rule *rule;
        uint32_t length;

        if (mode & MEND_HEADERS)
            batch[at] = mended(batch[at], dwords - at);
        rule = virgl_rule(batch[at]);
        length = batch[at] >> 16;
        for (uint32_t n = 0, i; rule && mode & MEND_HANDLES && (i = place(rule, n)) <= length; n++)
            if (at + i < dwords)
                batch[at + i] %= HANDLES;
    }
}

/* What must be so of a command that has passed. */
static void passed(const uint32_t *was, const uint32_t *is)
{
    const struct virgl_rule *rule = virgl_rule(*was);
    const uint32_t length = *was >> 16;
    uint32_t n = 0;

    if (!rule || rule->refused || *is != *was)
        abort();
    for (uint32_t i = 1; i <= length; i++) {
        if (i != place(rule, n)) {
            if (is[i] != was[i])
                abort();
            continue;
        }
        n++;
        if (was[i] >= HANDLES || is[i] != slot[was[i]].physical ||
            (!is[i] && (was[i] || !rule->none)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static uint32_t was[DWORDS];
    static struct virgl_findings found;
    const struct virgl_map map = {slot, HANDLES - 1, 26, 1u << 26};
    uint32_t *is, dwords, end;
    enum virgl_verdict verdict;

    if (bytes < 1)
        return 0;
    for (uint32_t i = 1; i < HANDLES; i++)
        slot[i] = i == 6 || i == 7 ? (struct virgl_slot){0} : (struct virgl_slot){i, 1000 + i};
    dwords = (uint32_t)((bytes - 1) / sizeof(*was));
    dwords = dwords < DWORDS ? dwords : DWORDS;
    memcpy(was, data + 1, dwords * sizeof(*was));
    mend(was, dwords, data[0]);
    is = malloc(dwords * sizeof(*is) + !dwords); /* its end is where it must not look further */
    if (!is)
        abort();
    memcpy(is, was, dwords * sizeof(*is));
    found.fault = (struct virgl_fault){0};
    verdict = virgl_relocate(is, dwords, &map, &found);
    end = verdict == VIRGL_FINE ? dwords : found.fault.at;
    for (uint32_t at = 0; at < end; at += (was[at] >> 16) + 1)
        passed(was + at, is + at);
    if (verdict != VIRGL_FINE &&
        (found.fault.at >= dwords || !found.fault.command || !found.fault.why ||
         (found.fault.dword != 0) != (verdict == VIRGL_FOREIGN) ||
         memcmp(is + end + found.fault.dword, was + end + found.fault.dword,
                (dwords - end - found.fault.dword) * sizeof(*is)) != 0))
        abort();
    free(is);
    return 0;
}
