/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the one pass over a batch: every command is checked, every resource handle replaced. It is
 * made for few instructions a dword (gpu.relocator-insn-per-dword). */
#include "virgl.h"

static const char *const reasons[] = {
    [VIRGL_UNKNOWN] = "no such command",
    [VIRGL_CUT] = "it goes on behind the end",
    [VIRGL_LENGTH] = "its length",
    [VIRGL_FIELDS] = "its fields",
    [VIRGL_FOREIGN] = "a resource that the context has not attached",
};

/* The dword of the first foreign handle, 0: there is none. */
static inline uint32_t replace(const struct virgl_rule *rule, uint32_t *command, uint32_t length,
                               struct virgl_map map)
{
    uint32_t left = rule->count;

    for (uint32_t i = rule->first; i <= length; i += rule->stride) {
        const uint32_t guest = command[i];
        const uint32_t physical = guest < map.count ? map.physical[guest] : 0;

        if (!physical && (guest || !rule->none))
            return i;
        command[i] = physical;
        if (!--left)
            break;
    }
    return 0;
}

/* What a rule asks for beyond the bounds of the length. */
static inline enum virgl_verdict special(const struct virgl_rule *rule, uint32_t *command,
                                         uint32_t more, struct virgl_map map, uint32_t *dword)
{
    const uint32_t length = *command >> 16;

    if ((rule->holes && rule->holes >> more & 1) || (rule->step && more % rule->step))
        return VIRGL_LENGTH;
    if (rule->checked && !rule->check(command, length))
        return VIRGL_FIELDS;
    if (rule->first && (*dword = replace(rule, command, length, map)))
        return VIRGL_FOREIGN;
    return VIRGL_FINE;
}

/* Tells what is wrong with `command` of a batch. */
static enum virgl_verdict tell(enum virgl_verdict verdict, const uint32_t *batch, uint32_t at,
                               uint32_t dword, struct virgl_fault *fault)
{
    const struct virgl_rule *rule = virgl_rule(batch[at]);

    if (!rule)
        verdict = VIRGL_UNKNOWN;
    else if (rule->refused)
        verdict = VIRGL_REFUSED;
    *fault = (struct virgl_fault){
        .at = at,
        .dword = dword,
        .command = rule ? rule->name : "?",
        .why = verdict == VIRGL_REFUSED ? rule->refused : reasons[verdict],
    };
    return verdict;
}

enum virgl_verdict virgl_relocate(uint32_t *batch, uint32_t dwords, const struct virgl_map *map,
                                  struct virgl_fault *fault)
{
    const struct virgl_map known = *map;

    for (size_t at = 0, next; at < dwords; at = next) {
        const uint32_t header = batch[at], turned = virgl_turned(header);
        const struct virgl_rule *rule = &virgl_commands[header % VIRGL_COMMAND_ROWS];

        next = at + (header >> 16) + 1;
        if (turned - rule->from > rule->span) {
            rule = virgl_object_row(header);
            if (turned - rule->from > rule->span)
                return tell(VIRGL_LENGTH, batch, (uint32_t)at, 0, fault);
        }
        if (next > dwords)
            return tell(VIRGL_CUT, batch, (uint32_t)at, 0, fault);
        if (rule->special) {
            uint32_t dword = 0;
            const enum virgl_verdict verdict =
                special(rule, batch + at, turned - rule->from, known, &dword);

            if (verdict != VIRGL_FINE)
                return tell(verdict, batch, (uint32_t)at, dword, fault);
        }
    }
    return VIRGL_FINE;
}
