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
    [VIRGL_MANY] = "more of them than one batch may have",
};

size_t virgl_slot_of(const struct virgl_map *map, uint32_t guest)
{
    size_t i = virgl_first_slot(map, guest);

    while (map->slot[i].guest != guest && map->slot[i].guest)
        i = (i + 1) & map->mask;
    return i;
}

/* The dword of the first foreign handle, 0: there is none. */
static inline uint32_t replace(const struct virgl_rule *rule, uint32_t *command, uint32_t length,
                               const struct virgl_map *map)
{
    uint32_t left = rule->count;

    for (size_t i = rule->first; i <= length; i += rule->stride) {
        const uint32_t guest = command[i];
        const struct virgl_slot *s = &map->slot[virgl_first_slot(map, guest)];
        const uint32_t physical =
            s->guest == guest ? s->physical : map->slot[virgl_slot_of(map, guest)].physical;

        if (!physical && (guest || !rule->none))
            return (uint32_t)i;
        command[i] = physical;
        if (!--left)
            break;
    }
    return 0;
}

/* The few commands with a check, or with which others have work. */
static __attribute__((noinline)) enum virgl_verdict look(const struct virgl_rule *rule,
                                                         const uint32_t *batch,
                                                         const uint32_t *command,
                                                         struct virgl_findings *found)
{
    struct virgl_note *n = &found->note[found->notes];

    if (rule->checked && !rule->check(command, *command >> 16))
        return VIRGL_FIELDS;
    if (!rule->noted)
        return VIRGL_FINE;
    if (found->notes == VIRGL_MAX_NOTES)
        return VIRGL_MANY;
    found->notes++;
    n->at = (uint32_t)(command - batch);
    n->handle[0] = command[rule->first];
    n->handle[1] = command[rule->first + rule->stride];
    return VIRGL_FINE;
}

/* What a rule asks for beyond the bounds of the length. */
static inline enum virgl_verdict special(const struct virgl_rule *rule, const uint32_t *batch,
                                         uint32_t *command, uint32_t header,
                                         const struct virgl_map *map, struct virgl_findings *found,
                                         uint32_t *dword)
{
    const uint32_t more = virgl_turned(header) - rule->from;

    if ((rule->holes && rule->holes >> more & 1) || (rule->step && more % rule->step))
        return VIRGL_LENGTH;
    if (rule->checked || rule->noted) {
        const enum virgl_verdict verdict = look(rule, batch, command, found);

        if (verdict != VIRGL_FINE)
            return verdict;
    }
    if (rule->first && (*dword = replace(rule, command, header >> 16, map)))
        return VIRGL_FOREIGN;
    return VIRGL_FINE;
}

/* Tells what is wrong with `command` of a batch. */
static enum virgl_verdict tell(enum virgl_verdict verdict, const uint32_t *batch,
                               const uint32_t *command, uint32_t dword,
                               struct virgl_findings *found)
{
    const struct virgl_rule *rule = virgl_rule(*command);

    if (!rule)
        verdict = VIRGL_UNKNOWN;
    else if (rule->refused)
        verdict = VIRGL_REFUSED;
    found->fault = (struct virgl_fault){
        .at = (uint32_t)(command - batch),
        .dword = dword,
        .command = rule ? rule->name : "?",
        .why = verdict == VIRGL_REFUSED ? rule->refused : reasons[verdict],
    };
    return verdict;
}

enum virgl_verdict virgl_relocate(uint32_t *batch, uint32_t dwords, const struct virgl_map *map,
                                  struct virgl_findings *found)
{
    size_t next = 0;

    found->notes = 0;
    while (next < dwords) {
        uint32_t *const command = batch + next;
        const uint32_t header = *command, turned = virgl_turned(header);
        const struct virgl_rule *rule = &virgl_commands[header % VIRGL_COMMAND_ROWS];

        if (turned - rule->from > rule->span) {
            rule = virgl_object_row(header);
            if (turned - rule->from > rule->span)
                return tell(VIRGL_LENGTH, batch, command, 0, found);
        }
        next += (header >> 16) + 1;
        if (next > dwords)
            return tell(VIRGL_CUT, batch, command, 0, found);
        if (rule->special) {
            uint32_t dword = 0;
            const enum virgl_verdict verdict =
                special(rule, batch, command, header, map, found, &dword);

            if (verdict != VIRGL_FINE)
                return tell(verdict, batch, command, dword, found);
        }
    }
    return VIRGL_FINE;
}
