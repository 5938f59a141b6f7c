/* SPDX-License-Identifier: BSD-3-Clause */
/* Which symbol is which telltale's. */
#include "symbols.h"

double (*const symbols[ASSET_SYMBOLS])(double x, double y) = {
    [BN_TELLTALE_BRAKE] = symbol_brake,
    [BN_TELLTALE_BELT] = symbol_belt,
    [BN_TELLTALE_TURN_LEFT] = symbol_turn_left,
    [BN_TELLTALE_TURN_RIGHT] = symbol_turn_right,
    [BN_TELLTALE_HIGH_BEAM] = symbol_high_beam,
    [BN_TELLTALE_MIL] = symbol_mil,
    [BN_TELLTALE_PARK_BRAKE] = symbol_park_brake,
    [BN_TELLTALE_AIRBAG] = symbol_airbag,
    [BN_TELLTALE_ABS] = symbol_abs,
    [BN_TELLTALE_ESC] = symbol_esc,
    [BN_TELLTALE_ESC_OFF] = symbol_esc_off,
    [BN_TELLTALE_TPMS] = symbol_tpms,
    [BN_TELLTALE_OIL] = symbol_oil,
    [BN_TELLTALE_CHARGE] = symbol_charge,
    [BN_TELLTALE_COOLANT] = symbol_coolant,
    [BN_TELLTALE_EPS] = symbol_steering,
    [BN_TELLTALE_DIPPED_BEAM] = symbol_dipped_beam,
    [BN_TELLTALE_FOG_FRONT] = symbol_fog_front,
    [BN_TELLTALE_FOG_REAR] = symbol_fog_rear,
    [BN_TELLTALE_LAMP_FAULT] = symbol_lamp_fault,
    [BN_TELLTALE_DOOR] = symbol_door,
    [BN_TELLTALE_BOOT] = symbol_boot,
    [BN_TELLTALE_BONNET] = symbol_bonnet,
    [BN_TELLTALE_FUEL] = symbol_fuel,
    [BN_TELLTALE_WASHER] = symbol_washer,
    [BN_TELLTALE_ACC] = symbol_acc,
    [BN_TELLTALE_LANE] = symbol_lane,
};

double (*const marks[MARK_COUNT])(double x, double y) = {
    [MARK_FUEL] = symbol_fuel,
    [MARK_COOLANT] = symbol_coolant,
    [MARK_ICE] = symbol_ice,
};

_Static_assert((int)ASSET_SYMBOLS == (int)BN_TELLTALE_COUNT, "a symbol for each telltale");
