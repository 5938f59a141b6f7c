/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the making of legal commands. */
#include "legal.h"

#include <stdio.h>
#include <string.h>

const struct virgl_rule *legal_rule(uint32_t n, uint32_t *header)
{
    for (uint32_t op = 0; op < VIRGL_OPCODES; op++)
        for (uint32_t type = 0; type < VIRGL_TYPES; type++) {
            const struct virgl_rule *rule = virgl_rule(op | type << 8);

            if (rule && n-- == 0) {
                *header = op | type << 8;
                return rule;
            }
        }
    return NULL;
}

uint32_t legal_least(const struct virgl_rule *rule)
{
    return rule->from & 0xFFFF;
}

uint32_t legal_most(const struct virgl_rule *rule)
{
    return legal_least(rule) + rule->span;
}

bool legal_length(const struct virgl_rule *rule, uint32_t length)
{
    const uint32_t least = legal_least(rule);

    if (rule->refused || length < least || length > legal_most(rule))
        return false;
    if (rule->step && (length - least) % rule->step)
        return false;
    return !rule->holes || !(rule->holes >> (length - least) & 1);
}

bool legal_place(const struct virgl_rule *rule, uint32_t length, uint32_t i)
{
    uint32_t place = rule->first;

    for (uint32_t n = 0; place && n < rule->count && place <= length; n++) {
        if (place == i)
            return true;
        if (!rule->stride)
            break;
        place += rule->stride;
    }
    return false;
}

/* Fields that a check looks at. */
static void mend(uint32_t *command, uint32_t length)
{
    switch (*command & 0xFFFF) {
    case VIRGL_OP_SET_FRAMEBUFFER_STATE:
        command[1] = length - 2;
        break;
    case VIRGL_OP_CREATE_OBJECT | VIRGL_TYPE_SHADER << 8:
        command[2] = 0;
        command[5] = 0;
        break;
    case VIRGL_OP_TRANSFER3D:
        command[13] = 1;
        break;
    case VIRGL_OP_COPY_TRANSFER3D:
        command[14] = 1;
        break;
    case VIRGL_OP_SET_TWEAKS:
        command[1] = 2;
        break;
    case VIRGL_OP_EMIT_STRING_MARKER:
        command[1] = 4 * (length - 1);
        break;
    default:
        break;
    }
}

uint32_t legal_write(uint32_t *to, uint32_t header, uint32_t length)
{
    to[0] = header | length << 16;
    for (uint32_t i = 1; i <= length; i++)
        to[i] = LEGAL_HANDLE;
    mend(to, length);
    return length + 1;
}

uint32_t legal_seed(uint8_t to[LEGAL_SEED_BYTES], const struct virgl_rule *rule, uint32_t header)
{
    uint32_t dwords[128], n, length = legal_least(rule) & 0xFFFF;

    n = legal_write(dwords, header, length);
    for (uint32_t more = length + 6; more > length; more--)
        if (legal_length(rule, more)) {
            n += legal_write(dwords + n, header, more);
            break;
        }
    to[0] = 0;
    memcpy(to + 1, dwords, n * sizeof(*dwords));
    return 1 + n * (uint32_t)sizeof(*dwords);
}

void legal_seed_name(char to[64], const struct virgl_rule *rule)
{
    snprintf(to, 64, "%s", rule->name);
    if (strchr(to, ' '))
        *strchr(to, ' ') = '-';
}
