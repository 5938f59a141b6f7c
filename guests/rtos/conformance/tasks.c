/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: task management, OSEK OS 2.2.3 §13.2. */
#include "conformance.h"

static StatusType got;
static unsigned runs;

static void note_peer(void)
{
    conf_note('p');
}

static void note_peer2(void)
{
    conf_note('q');
}

static void note_high(void)
{
    conf_note('h');
}

static void note_top(void)
{
    conf_note('t');
}

static void note_low(void)
{
    conf_note('l');
}

static void activate_high_and_note(void)
{
    got = ActivateTask(High);
    conf_note('i');
}

static int activate(void)
{
    conf_body[Peer] = note_peer;
    conf_body[Peer2] = note_peer2;
    conf_body[High] = note_high;
    conf_body[Low] = note_low;
    /* Above: at once. Below and beside: when Main waits, in the order of activation. */
    CHECK(ActivateTask(High) == E_OK);
    CHECK(conf_trail_is("h"));
    CHECK(ActivateTask(Low) == E_OK);
    CHECK(ActivateTask(Peer) == E_OK && ActivateTask(Peer) == E_OK);
    CHECK(ActivateTask(Peer2) == E_OK && ActivateTask(Peer) == E_OK);
    CHECK(conf_trail_is(""));
    conf_rest();
    CHECK(conf_trail_is("ppqpl"));
    /* From a routine: after it. */
    conf_routine = activate_high_and_note;
    conf_raise_routine();
    CHECK(got == E_OK && conf_trail_is("ih"));
    return conf_silent() ? 0 : __LINE__;
}

static void wait_ext(void)
{
    EventMaskType events = ExtEvent;

    got = GetEvent(Ext, &events);
    conf_note(events ? 'x' : '0');
    (void)WaitEvent(ExtEvent);
    conf_note('w');
}

/* OSEK §13.2.3.1: an extended task begins with all events clear. */
static int activate_clears_events(void)
{
    conf_body[Ext] = wait_ext;
    CHECK(ActivateTask(Ext) == E_OK);
    CHECK(SetEvent(Ext, ExtEvent | ExtEvent2) == E_OK);
    CHECK(conf_trail_is("0w"));
    CHECK(ActivateTask(Ext) == E_OK);
    CHECK(conf_trail_is("0"));
    CHECK(SetEvent(Ext, ExtEvent) == E_OK);
    CHECK(conf_trail_is("w"));
    return 0;
}

static int activate_limit(void)
{
    conf_body[Peer] = note_peer;
    for (int i = 0; i < 3; i++)
        CHECK(ActivateTask(Peer) == E_OK);
    CHECK(ActivateTask(Peer) == E_OS_LIMIT);
    CHECK(conf_told(E_OS_LIMIT, OSServiceId_ActivateTask));
    CHECK(OSError_ActivateTask_TaskID() == Peer);
    CHECK(ActivateTask(Main) == E_OS_LIMIT);
    CHECK(conf_told(E_OS_LIMIT, OSServiceId_ActivateTask));
    conf_rest();
    CHECK(conf_trail_is("ppp")); /* and no fourth */
    return 0;
}

static int activate_id(void)
{
    CHECK(ActivateTask(CONF_TASKS) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_ActivateTask));
    CHECK(OSError_ActivateTask_TaskID() == CONF_TASKS);
    CHECK(ActivateTask(INVALID_TASK) == E_OS_ID);
    return 0;
}

static void terminate_now(void)
{
    conf_note('h');
    got = TerminateTask();
    conf_note('!');
}

static int terminate(void)
{
    TaskStateType state;

    conf_body[High] = terminate_now;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(conf_trail_is("h"));
    CHECK(GetTaskState(High, &state) == E_OK && state == SUSPENDED);
    return 0;
}

static void terminate_holding(void)
{
    (void)GetResource(Shared);
    got = TerminateTask();
    conf_note('h');
    (void)ReleaseResource(Shared);
}

static int terminate_resource(void)
{
    conf_body[High] = terminate_holding;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_RESOURCE && conf_trail_is("h"));
    CHECK(conf_told(E_OS_RESOURCE, OSServiceId_TerminateTask));
    return 0;
}

static void chain_low(void)
{
    conf_note('h');
    got = ChainTask(Low);
    conf_note('!');
}

static void chain_self_once(void)
{
    conf_note('h');
    if (++runs == 1) {
        got = ChainTask(High);
        conf_note('!');
    }
}

static int chain(void)
{
    TaskStateType state;

    conf_body[High] = chain_low;
    conf_body[Low] = note_low;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(GetTaskState(Low, &state) == E_OK && state == READY);
    conf_rest();
    CHECK(conf_trail_is("hl"));
    runs = 0;
    conf_body[High] = chain_self_once;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(runs == 2 && conf_trail_is("hh"));
    return conf_silent() ? 0 : __LINE__;
}

static void chain_peer(void)
{
    got = ChainTask(Peer);
    conf_note('h');
}

static int chain_limit(void)
{
    conf_body[High] = chain_peer;
    for (int i = 0; i < 3; i++)
        CHECK(ActivateTask(Peer) == E_OK);
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_LIMIT && conf_trail_is("h"));
    CHECK(conf_told(E_OS_LIMIT, OSServiceId_ChainTask));
    CHECK(OSError_ChainTask_TaskID() == Peer);
    return 0;
}

static void chain_nobody(void)
{
    got = ChainTask(CONF_TASKS);
    conf_note('h');
}

static int chain_id(void)
{
    conf_body[High] = chain_nobody;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_ID && conf_trail_is("h"));
    CHECK(conf_told(E_OS_ID, OSServiceId_ChainTask));
    return 0;
}

static void chain_holding(void)
{
    (void)GetResource(Shared);
    got = ChainTask(Low);
    conf_note('h');
    (void)ReleaseResource(Shared);
}

static int chain_resource(void)
{
    TaskStateType state;

    conf_body[High] = chain_holding;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OS_RESOURCE && conf_trail_is("h"));
    CHECK(conf_told(E_OS_RESOURCE, OSServiceId_ChainTask));
    CHECK(GetTaskState(Low, &state) == E_OK && state == SUSPENDED);
    return 0;
}

static void give_way_to_top(void)
{
    (void)ActivateTask(Top);
    conf_note('n');
    got = Schedule();
    conf_note('m');
}

static void note_group_b(void)
{
    conf_note('b');
}

static void give_way_in_group(void)
{
    (void)ActivateTask(GroupB);
    conf_note('a');
    got = Schedule();
    conf_note('A');
    (void)ActivateTask(GroupB); /* it is taken again */
    conf_note('a');
}

static int schedule(void)
{
    conf_body[Top] = note_top;
    conf_body[Non] = give_way_to_top;
    CHECK(ActivateTask(Non) == E_OK);
    CHECK(got == E_OK && conf_trail_is("ntm"));
    conf_body[GroupA] = give_way_in_group;
    conf_body[GroupB] = note_group_b;
    CHECK(ActivateTask(GroupA) == E_OK);
    CHECK(got == E_OK && conf_trail_is("abAab"));
    CHECK(Schedule() == E_OK); /* nobody is above */
    return conf_silent() ? 0 : __LINE__;
}

static int schedule_resource(void)
{
    CHECK(GetResource(Quiet) == E_OK);
    CHECK(Schedule() == E_OS_RESOURCE);
    CHECK(conf_told(E_OS_RESOURCE, OSServiceId_Schedule));
    CHECK(ReleaseResource(Quiet) == E_OK);
    return 0;
}

static TaskType seen;

static void see(void)
{
    got = GetTaskID(&seen);
}

static int get_id(void)
{
    CHECK(GetTaskID(&seen) == E_OK && seen == Main);
    conf_body[High] = see;
    CHECK(ActivateTask(High) == E_OK);
    CHECK(got == E_OK && seen == High);
    conf_routine = see;
    conf_raise_routine();
    CHECK(got == E_OK && seen == Main); /* whom it interrupted */
    return 0;
}

static int get_id_pointer(void)
{
    CHECK(GetTaskID(NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetTaskID));
    CHECK(OSError_GetTaskID_TaskID() == NULL);
    return 0;
}

static int get_state(void)
{
    TaskStateType state;

    conf_body[Ext] = wait_ext;
    CHECK(ActivateTask(Ext) == E_OK && ActivateTask(Low) == E_OK);
    CHECK(GetTaskState(Main, &state) == E_OK && state == RUNNING);
    CHECK(GetTaskState(Low, &state) == E_OK && state == READY);
    CHECK(GetTaskState(Ext, &state) == E_OK && state == WAITING);
    CHECK(GetTaskState(High, &state) == E_OK && state == SUSPENDED);
    CHECK(SetEvent(Ext, ExtEvent) == E_OK);
    return 0;
}

static int get_state_id(void)
{
    TaskStateType state = WAITING;

    CHECK(GetTaskState(CONF_TASKS, &state) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetTaskState));
    CHECK(OSError_GetTaskState_TaskID() == CONF_TASKS && OSError_GetTaskState_State() == &state);
    CHECK(state == WAITING); /* untouched */
    return 0;
}

static int get_state_pointer(void)
{
    CHECK(GetTaskState(Main, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetTaskState));
    return 0;
}

const struct conf_row conf_task_rows[] = {
    {"ActivateTask", "E_OK", activate},
    {"ActivateTask", "E_OK(events)", activate_clears_events},
    {"ActivateTask", "E_OS_LIMIT", activate_limit},
    {"ActivateTask", "E_OS_ID", activate_id},
    {"TerminateTask", "E_OK", terminate},
    {"TerminateTask", "E_OS_RESOURCE", terminate_resource},
    {"ChainTask", "E_OK", chain},
    {"ChainTask", "E_OS_LIMIT", chain_limit},
    {"ChainTask", "E_OS_ID", chain_id},
    {"ChainTask", "E_OS_RESOURCE", chain_resource},
    {"Schedule", "E_OK", schedule},
    {"Schedule", "E_OS_RESOURCE", schedule_resource},
    {"GetTaskID", "E_OK", get_id},
    {"GetTaskID", "E_OS_PARAM_POINTER", get_id_pointer},
    {"GetTaskState", "E_OK", get_state},
    {"GetTaskState", "E_OS_ID", get_state_id},
    {"GetTaskState", "E_OS_PARAM_POINTER", get_state_pointer},
    {NULL, NULL, NULL},
};
