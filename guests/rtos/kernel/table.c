/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedule tables: who runs, when its next expiry point is due, what follows it (AUTOSAR OS 4 §7.3,
 * §8.4). */
#include "counter.h"
#include "fixed.h"

/* The running table of `counter` that has the next thing to do, `at` then; of several at the same
 * tick the first of the file. OS_NO_TABLE: none, OS_NEVER. */
static ScheduleTableType earliest(CounterType counter, uint64_t *at)
{
    ScheduleTableType found = OS_NO_TABLE;

    *at = OS_NEVER;
    for (ScheduleTableType t = 0; t < os_config.tables; t++) {
        const struct os_table *table = &os_config.table_state[t];

        if (os_config.table[t].counter == counter && table->status >= SCHEDULETABLE_RUNNING &&
            table->at < *at) {
            *at = table->at;
            found = t;
        }
    }
    return found;
}

uint64_t os_tables_next(CounterType counter)
{
    uint64_t at;

    (void)earliest(counter, &at);
    return at;
}

/* What comes next is `point` of the round that begins at `begin`; behind the last its end. */
static void wait_for(ScheduleTableType t, uint64_t begin, uint16_t point)
{
    const struct os_table_config *c = &os_config.table[t];
    struct os_table *table = &os_config.table_state[t];

    table->begin = begin;
    table->point = point;
    table->at = begin + (point < c->points ? c->point[point].offset : c->duration);
}

static void begin(ScheduleTableType t, uint64_t at)
{
    os_config.table_state[t].status =
        os_config.table[t].implicit ? SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS : SCHEDULETABLE_RUNNING;
    wait_for(t, at, 0);
}

/* Which table begins when this one ends; OS_NO_TABLE: none. */
static ScheduleTableType follower(ScheduleTableType from)
{
    for (ScheduleTableType t = 0; t < os_config.tables; t++)
        if (os_config.table_state[t].status == SCHEDULETABLE_NEXT &&
            os_config.table_state[t].after == from)
            return t;
    return OS_NO_TABLE;
}

static void stop_follower(ScheduleTableType from)
{
    ScheduleTableType next = follower(from);

    if (next != OS_NO_TABLE)
        os_config.table_state[next].status = SCHEDULETABLE_STOPPED;
}

static void end_round(ScheduleTableType t, uint64_t count)
{
    const struct os_table_config *c = &os_config.table[t];
    struct os_table *table = &os_config.table_state[t];
    ScheduleTableType next = follower(t);
    uint64_t end = table->at;

    if (next == OS_NO_TABLE && c->repeating) {
        /* Whole rounds that the machine stood still through are left out, as alarms' cycles. */
        wait_for(t, end + udiv64(count - end, c->duration) * c->duration, 0);
        return;
    }
    table->status = SCHEDULETABLE_STOPPED;
    if (next != OS_NO_TABLE)
        begin(next, end);
}

static void expire(ScheduleTableType t)
{
    const struct os_table *table = &os_config.table_state[t];
    const struct os_expiry_point *point = &os_config.table[t].point[table->point];

    wait_for(t, table->begin, (uint16_t)(table->point + 1u));
    for (uint16_t i = 0; i < point->actions; i++)
        os_act(point->action[i].task, point->action[i].event);
}

/* In the order of time, whichever table it is: a tick that comes late changes nothing in it. */
void os_tables_expire(CounterType counter, uint64_t count)
{
    ScheduleTableType t;
    uint64_t at;

    while ((t = earliest(counter, &at)) != OS_NO_TABLE && at <= count) {
        if (os_config.table_state[t].point == os_config.table[t].points)
            end_round(t, count);
        else
            expire(t);
    }
}

static void start(ScheduleTableType t, uint64_t at)
{
    begin(t, at);
    if (os_config.table[t].counter == os_config.system_counter)
        os_timer_next();
}

static void start_relative(ScheduleTableType t, TickType offset)
{
    start(t, os_count(os_config.table[t].counter) + offset);
}

static void start_absolute(ScheduleTableType t, TickType value)
{
    CounterType counter = os_config.table[t].counter;
    uint64_t count = os_count(counter);

    start(t, count + os_ticks_until(counter, count, value));
}

void os_tables_autostart(void)
{
    for (ScheduleTableType t = 0; t < os_config.tables; t++) {
        const struct os_table_config *c = &os_config.table[t];

        if (!(c->autostart >> os.mode & 1))
            continue;
        if (c->autostart_absolute)
            start_absolute(t, c->autostart_value);
        else
            start_relative(t, c->autostart_value);
    }
}

static TickType max_of(ScheduleTableType t)
{
    return os_config.counter[os_config.table[t].counter].base.maxallowedvalue;
}

static StatusType check_table(ScheduleTableType t)
{
    return t >= os_config.tables ? E_OS_ID : os_check_access(os_config.table[t].access);
}

static StatusType check_stopped(ScheduleTableType t)
{
    return os_config.table_state[t].status == SCHEDULETABLE_STOPPED ? E_OK : E_OS_STATE;
}

static StatusType check_relative(ScheduleTableType t, TickType offset)
{
    if (os_config.table[t].implicit)
        return E_OS_ID;
    if (!offset || offset > max_of(t) - os_config.table[t].point[0].offset)
        return E_OS_VALUE;
    return check_stopped(t);
}

static StatusType check_absolute(ScheduleTableType t, TickType value)
{
    return value > max_of(t) ? E_OS_VALUE : check_stopped(t);
}

StatusType StartScheduleTableRel(ScheduleTableType table, TickType offset)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_table(table);
    if (status == E_OK)
        status = check_relative(table, offset);
    if (status == E_OK)
        start_relative(table, offset);
    return os_end(irq, status, OSServiceId_StartScheduleTableRel, table, offset, 0);
}

StatusType StartScheduleTableAbs(ScheduleTableType table, TickType value)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_table(table);
    if (status == E_OK)
        status = check_absolute(table, value);
    if (status == E_OK)
        start_absolute(table, value);
    return os_end(irq, status, OSServiceId_StartScheduleTableAbs, table, value, 0);
}

void os_table_stop(ScheduleTableType t)
{
    os_config.table_state[t].status = SCHEDULETABLE_STOPPED;
    stop_follower(t);
}

StatusType StopScheduleTable(ScheduleTableType table)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_table(table);
    if (status == E_OK && check_stopped(table) == E_OK)
        status = E_OS_NOFUNC;
    if (status == E_OK)
        os_table_stop(table);
    return os_end(irq, status, OSServiceId_StopScheduleTable, table, 0, 0);
}

static StatusType check_next(ScheduleTableType from, ScheduleTableType to)
{
    const struct os_table_config *f = &os_config.table[from], *t = &os_config.table[to];

    if (f->counter != t->counter || f->implicit != t->implicit)
        return E_OS_ID;
    if (os_config.table_state[from].status < SCHEDULETABLE_RUNNING)
        return E_OS_NOFUNC;
    return check_stopped(to);
}

StatusType NextScheduleTable(ScheduleTableType from, ScheduleTableType to)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_table(from);
    if (status == E_OK)
        status = check_table(to);
    if (status == E_OK)
        status = check_next(from, to);
    if (status == E_OK) {
        stop_follower(from);
        os_config.table_state[to].status = SCHEDULETABLE_NEXT;
        os_config.table_state[to].after = from;
    }
    return os_end(irq, status, OSServiceId_NextScheduleTable, from, to, 0);
}

StatusType GetScheduleTableStatus(ScheduleTableType table, ScheduleTableStatusRefType status_of)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_table(table);
    if (status == E_OK)
        status = os_check_result(status_of, sizeof(*status_of));
    if (status == E_OK)
        *status_of = os_config.table_state[table].status;
    return os_end(irq, status, OSServiceId_GetScheduleTableStatus, table, (uintptr_t)status_of, 0);
}
