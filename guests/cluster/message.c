/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of messages, and whose turn it is. */
#include "message.h"

#include "binnacle/vehicle.h"

#define LAMP(name) (1u << BN_TELLTALE_##name)
#define NO_CHIME   ((enum bn_chime)0)

/* Long enough to be read at a second glance (SAE J2364 reckons with glances of 2 s). */
#define TURN_MS 4000
#define LONG_MS 8000

/* Red lamps that are lit stay in words; what is amber is said once, and the lamp goes on saying it.
 */
const struct message_entry message_table[MESSAGE_COUNT] = {
    [MESSAGE_NONE] = {"", SEVERITY_NOTE, 0, false, false, 0, NO_CHIME},
    [MESSAGE_BRAKE] = {"BRAKE FAULT - STOP", SEVERITY_DANGER, TURN_MS, false, false, LAMP(BRAKE),
                       NO_CHIME},
    [MESSAGE_STEERING] = {"STEERING FAULT - STOP", SEVERITY_DANGER, TURN_MS, false, false,
                          LAMP(EPS), NO_CHIME},
    [MESSAGE_OIL] = {"OIL PRESSURE - STOP ENGINE", SEVERITY_DANGER, TURN_MS, false, false,
                     LAMP(OIL), NO_CHIME},
    [MESSAGE_COOLANT] = {"ENGINE HOT - STOP", SEVERITY_DANGER, TURN_MS, false, false, LAMP(COOLANT),
                         NO_CHIME},
    [MESSAGE_BELT] = {"FASTEN SEAT BELT", SEVERITY_DANGER, TURN_MS, false, false, LAMP(BELT),
                      NO_CHIME},
    [MESSAGE_PARK_BRAKE] = {"RELEASE PARKING BRAKE", SEVERITY_DANGER, TURN_MS, false, true,
                            LAMP(PARK_BRAKE), NO_CHIME},
    [MESSAGE_DOOR] = {"DOOR OPEN", SEVERITY_DANGER, TURN_MS, false, false, LAMP(DOOR), NO_CHIME},
    [MESSAGE_BOOT] = {"BOOT OPEN", SEVERITY_DANGER, TURN_MS, false, false, LAMP(BOOT), NO_CHIME},
    [MESSAGE_BONNET] = {"BONNET OPEN", SEVERITY_DANGER, TURN_MS, false, false, LAMP(BONNET),
                        NO_CHIME},
    [MESSAGE_AIRBAG] = {"AIRBAG FAULT", SEVERITY_DANGER, TURN_MS, false, false, LAMP(AIRBAG),
                        NO_CHIME},
    [MESSAGE_CHARGE] = {"BATTERY NOT CHARGING", SEVERITY_DANGER, TURN_MS, false, false,
                        LAMP(CHARGE), NO_CHIME},
    [MESSAGE_BUS_LOST] = {"VEHICLE DATA LOST", SEVERITY_CAUTION, TURN_MS, false, false, 0,
                          NO_CHIME},
    [MESSAGE_ICE] = {"ICE POSSIBLE", SEVERITY_CAUTION, LONG_MS, true, false, 0, BN_CHIME_INFO},
    [MESSAGE_DISPLAY_LOST] = {"DISPLAY SERVICE LOST", SEVERITY_CAUTION, TURN_MS, false, false, 0,
                              BN_CHIME_INFO},
    [MESSAGE_TYRE] = {"TYRE PRESSURE LOW", SEVERITY_CAUTION, LONG_MS, true, false, LAMP(TPMS),
                      NO_CHIME},
    [MESSAGE_ABS] = {"ABS FAULT", SEVERITY_CAUTION, LONG_MS, true, false, LAMP(ABS), NO_CHIME},
    [MESSAGE_ENGINE] = {"CHECK ENGINE", SEVERITY_CAUTION, LONG_MS, true, false, LAMP(MIL),
                        NO_CHIME},
    [MESSAGE_LAMP] = {"LAMP FAULT", SEVERITY_CAUTION, LONG_MS, true, false, LAMP(LAMP_FAULT),
                      NO_CHIME},
    [MESSAGE_FUEL] = {"FUEL LOW", SEVERITY_CAUTION, LONG_MS, true, false, LAMP(FUEL), NO_CHIME},
    [MESSAGE_IVI_LOST] = {"INFOTAINMENT LOST", SEVERITY_NOTE, TURN_MS, false, false, 0, NO_CHIME},
    [MESSAGE_WASHER] = {"WASHER FLUID LOW", SEVERITY_NOTE, TURN_MS, true, false, LAMP(WASHER),
                        NO_CHIME},
};

_Static_assert(MESSAGE_COUNT <= 32, "a bit for each message");

uint32_t messages_of_lamps(uint32_t telltales, bool moving)
{
    uint32_t bits = 0;

    for (int i = 1; i < MESSAGE_COUNT; i++)
        if (message_table[i].telltales & telltales && (moving || !message_table[i].moving))
            bits |= message_bit((enum message)i);
    return bits;
}

static enum message most_severe(uint32_t bits)
{
    for (int i = 1; i < MESSAGE_COUNT; i++)
        if (bits & message_bit((enum message)i))
            return (enum message)i;
    return MESSAGE_NONE;
}

/* Its turn is over: others come first in this round, and some do not come again. */
static void end_turn(struct messages *m)
{
    m->shown |= message_bit(m->current);
    if (message_table[m->current].once)
        m->done |= message_bit(m->current);
}

enum message messages_update(struct messages *m, uint32_t holding, uint32_t now_ms,
                             enum bn_chime *chime)
{
    uint32_t left;
    enum message next;

    *chime = NO_CHIME;
    m->shown &= holding;
    m->done &= holding;
    m->rung &= holding;
    if (m->current && now_ms - m->since_ms >= message_table[m->current].show_ms)
        end_turn(m);
    left = holding & ~m->done & ~m->shown;
    if (!left) { /* a new round */
        m->shown = 0;
        left = holding & ~m->done;
    }
    next = most_severe(left);
    /* Who is less severe waits for the turn's end; and one that is alone goes on without a new one.
     */
    if (next == m->current)
        return next;
    m->current = next;
    m->since_ms = now_ms;
    if (next && !(m->rung & message_bit(next))) {
        *chime = message_table[next].chime;
        m->rung |= message_bit(next);
    }
    return next;
}
