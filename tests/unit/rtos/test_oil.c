/* SPDX-License-Identifier: BSD-3-Clause */
/* The OIL reader: a file that has everything, a breach for every error, and what the tool works
 * out: levels, ceilings, masks. */
#include "oil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char good[] =
    "// a comment\n"
    "OIL_VERSION = \"2.5\" : \"and what it is\";\n"
    "IMPLEMENTATION Binnacle {\n"
    "    OS { ENUM [EXTENDED] STATUS = EXTENDED; };\n"
    "    MESSAGE { };\n"
    "    TASK { UINT32 [1..255] PRIORITY = NO_DEFAULT; EVENT_TYPE EVENT[]; FLOAT F = 1.5; };\n"
    "};\n"
    "CPU car {\n"
    "OS os { STATUS = EXTENDED; STARTUPHOOK = TRUE; ERRORHOOK = TRUE; SHUTDOWNHOOK = TRUE;\n"
    "    PRETASKHOOK = TRUE; POSTTASKHOOK = TRUE; USEGETSERVICEID = TRUE;\n"
    "    USEPARAMETERACCESS = FALSE; USERESSCHEDULER = FALSE; CONFORMANCE = ECC2;\n"
    "    PROTECTIONHOOK = TRUE; };\n"
    "APPMODE Diagnosis;\n"
    "APPMODE OSDEFAULTAPPMODE : \"the usual one\";\n"
    "TASK Slow { PRIORITY = 0; SCHEDULE = NON; ACTIVATION = 3; STACKSIZE = 5000;\n"
    "    AUTOSTART = TRUE { APPMODE = OSDEFAULTAPPMODE; APPMODE = Diagnosis; };\n"
    "    RESOURCE = Bus; };\n"
    "TASK Fast { PRIORITY = 4000000000; SCHEDULE = FULL; ACTIVATION = 1; STACKSIZE = 4096;\n"
    "    AUTOSTART = FALSE; EVENT = Tick; EVENT = Tock; RESOURCE = Group; SSE = TRUE; };\n"
    "TASK Middle { PRIORITY = 7; SCHEDULE = FULL; ACTIVATION = 2; STACKSIZE = 0x1000;\n"
    "    TIMING_PROTECTION = TRUE { EXECUTIONBUDGET = 800; TIMEFRAME = 9000; };\n"
    "    AUTOSTART = FALSE; RESOURCE = Bus; RESOURCE = BusAgain; RESOURCE = Group; };\n"
    "RESOURCE Group { RESOURCEPROPERTY = INTERNAL; };\n"
    "RESOURCE Bus { RESOURCEPROPERTY = STANDARD; };\n"
    "RESOURCE BusAgain { RESOURCEPROPERTY = LINKED { LINKEDRESOURCE = Bus; }; };\n"
    "RESOURCE Line { RESOURCEPROPERTY = STANDARD; };\n"
    "EVENT Tick { MASK = AUTO; };\n"
    "EVENT Tock { MASK = 1; };\n"
    "/* two\n   lines */\n"
    "COUNTER Clock { MAXALLOWEDVALUE = 0xFFFFFFFF; TICKSPERBASE = 1000; MINCYCLE = 100;\n"
    "    TYPE = HARDWARE; };\n"
    "COUNTER Wheel { MAXALLOWEDVALUE = 59; TICKSPERBASE = 60; MINCYCLE = 2; TYPE = SOFTWARE; };\n"
    "ALARM A { COUNTER = Clock; ACTION = ACTIVATETASK { TASK = Slow; }; AUTOSTART = FALSE; };\n"
    "ALARM B { COUNTER = Wheel; ACTION = SETEVENT { TASK = Fast; EVENT = Tick; };\n"
    "    AUTOSTART = TRUE { ALARMTIME = 5; CYCLETIME = 10; APPMODE = Diagnosis; }; };\n"
    "ALARM C { COUNTER = Wheel; ACTION = ALARMCALLBACK { ALARMCALLBACKNAME = \"ring_1\"; };\n"
    "    AUTOSTART = FALSE; };\n"
    "ISR Wire { CATEGORY = 2; VECTOR = 80; RESOURCE = Line; };\n"
    "ISR Raw { CATEGORY = 1; VECTOR = 81; };\n"
    "SCHEDULETABLE S { COUNTER = Wheel; DURATION = 100; REPEATING = TRUE;\n"
    "    AUTOSTART = TRUE { TYPE = RELATIVE; START_VALUE = 7; APPMODE = Diagnosis; };\n"
    "    EXPIRE_POINT = one { OFFSET = 3; ACTION = SETEVENT { EVENT = Tick; TASK = Fast; };\n"
    "        ACTION = ACTIVATETASK { TASK = Middle; }; };\n"
    "    EXPIRE_POINT = two { OFFSET = 50; ACTION = ACTIVATETASK { TASK = Middle; };\n"
    "        ACTION = ACTIVATETASK { TASK = Middle; } : \"twice\"; } : \"last\"; };\n"
    "SCHEDULETABLE T { COUNTER = Wheel; DURATION = 60; REPEATING = FALSE; SYNC = IMPLICIT;\n"
    "    AUTOSTART = TRUE { TYPE = ABSOLUTE; START_VALUE = 0; APPMODE = OSDEFAULTAPPMODE; };\n"
    "    EXPIRE_POINT = one { OFFSET = 2; ACTION = ACTIVATETASK { TASK = Fast; }; }; };\n"
    "APPLICATION Engine { TRUSTED = TRUE; TASK = Fast; COUNTER = Wheel; ALARM = B; };\n"
    "APPLICATION Radio { TRUSTED = FALSE; TASK = Middle; ALARM = D; SCHEDULETABLE = U;\n"
    "    RESTARTTASK = Middle; };\n"
    "TASK Open { PRIORITY=7; ACTIVATION = 1; SCHEDULE = FULL; STACKSIZE = 4096;\n"
    "    AUTOSTART = FALSE; ACCESSING_APPLICATION = Radio; ACCESSING_APPLICATION = Engine; };\n"
    "ALARM D { COUNTER = Clock; ACTION = ACTIVATETASK { TASK = Open; }; AUTOSTART = FALSE; };\n"
    "SCHEDULETABLE U { COUNTER = Wheel; DURATION = 9; REPEATING = FALSE; AUTOSTART = FALSE;\n"
    "    EXPIRE_POINT = one { OFFSET = 7; ACTION = ACTIVATETASK { TASK = Open; }; }; };\n"
    "} : \"the whole car\";\n";

static struct oil oil;

static bool read_text(const char *text)
{
    return oil_read(&oil, "x.oil", text, strlen(text));
}

/* `good` with one piece of it replaced. */
static char *changed(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    char *text = malloc(sizeof(good) + strlen(to));

    assert_non_null(text);
    if (!at)
        fail_msg("'%s' is not in the file", from);
    assert_null(strstr(at + 1, from)); /* or it would be unclear what is broken */
    memcpy(text, good, (size_t)(at - good));
    strcpy(text + (at - good), to);
    strcat(text, at + strlen(from));
    return text;
}

static void test_model(void **state)
{
    (void)state;
    if (!read_text(good))
        fail_msg("%s", oil.error);
    assert_int_equal(oil.count[OIL_TASK], 4);
    assert_int_equal(oil.top_level, 3);
    assert_int_equal(oil.task[0].level, 1);
    assert_int_equal(oil.task[0].run_level, 3); /* not pre-emptable */
    assert_int_equal(oil.task[1].level, 3);
    assert_int_equal(oil.task[2].level, 2);
    assert_int_equal(oil.task[2].run_level, 3); /* its group's ceiling */
    assert_true(oil.task[1].extended && !oil.task[2].extended);
    assert_int_equal(oil.task[0].modes, 3);
    assert_true(oil_is(oil.object[oil.mode[0]].name, "OSDEFAULTAPPMODE"));
    assert_int_equal(oil.alarm[1].modes, 2);
    assert_int_equal(oil.resource[1].level, 2);
    assert_int_equal(oil.resource[2].level, 2); /* linked */
    assert_true(oil.resource[3].isr);
    assert_int_equal(oil.resource[3].level, 3);
    assert_int_equal(oil.event[0].mask, 2); /* Tock has 1, though it comes later */
    assert_int_equal(oil.system_counter, 0);
    assert_int_equal(oil.table[0].points, 2);
    assert_int_equal(oil.table[0].modes, 2);
    assert_int_equal(oil.table[1].point, 2);
    assert_int_equal(oil.point[1].step, 2);
    assert_int_equal(oil.point[1].steps, 2);
    assert_int_equal(oil.step[0].event, OIL_NONE); /* activations first */
    assert_int_equal(oil.step[1].event, 0);
    assert_true(oil.application[0].trusted && !oil.application[1].trusted);
    assert_true(oil.task[2].untrusted && oil.task[2].sse && !oil.task[3].untrusted);
    assert_int_equal(oil.access[oil.task[3].object].allowed, 3);
    assert_true(oil.table[0].repeating && !oil.table[0].implicit && !oil.table[0].absolute);
    assert_true(!oil.table[1].repeating && oil.table[1].implicit && oil.table[1].absolute);
}

static void test_no_task_is_above_the_ceiling_of_a_linked_resource(void **state)
{
    char *text = changed("RESOURCE = Group; SSE", "RESOURCE = BusAgain; SSE");

    (void)state;
    assert_true(read_text(text));
    assert_int_equal(oil.resource[1].level, 3); /* Bus, by way of its link */
    assert_int_equal(oil.resource[2].level, 3);
    free(text);
}

static char *emitted(bool source)
{
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);

    assert_non_null(f);
    if (source)
        oil_emit_source(&oil, f);
    else
        oil_emit_header(&oil, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void test_tables(void **state)
{
    static const char *const header[] = {
        "#define Slow ((TaskType)0)\n",
        "#define Bus ((ResourceType)1)\n",
        "#define BusAgain ((ResourceType)2)\n",
        "#define Tick ((EventMaskType)0x2u)\n",
        "#define Diagnosis ((AppModeType)1)\n",
        "#define OSMAXALLOWEDVALUE_Wheel 59u\n",
        "#define OSTICKSPERBASE 1000u\n",
        "void os_callback_ring_1(void);\n",
        "void os_isr_Wire(void);\n",
        "#define T ((ScheduleTableType)1)\n",
        "#define Radio ((ApplicationType)1)\n",
    };
    static const char *const source[] = {
        "OS_STACK(stack_Slow, 2);\n", /* 5000 bytes */
        "static TaskType queue_1[4];\n",
        ".level = 3, .run_level = 3,\n     .max_activations = 1, .extended = true",
        "{.level = 3, .isr = true, .access = {255, 0x0u}}, /* Line */\n",
        "void os_isr_Wire(void);\n",
        ".first_resource = 1,\n",
        ".autostart = 0x2u, .autostart_time = 5u, .autostart_cycle = 10u",
        ".shutdown_hook = ShutdownHook,\n",
        ".fpu = fpu_Fast",
        ".budget = 800u, .frame = 9000u",
        ".protection_hook = ProtectionHook,\n",
        "actions_S[] = {\n    {.task = 2},\n    {.task = 1, .event = 0x2u},\n    {.task = 2},\n",
        "    {.offset = 50u, .action = &actions_S[2], .actions = 2}, /* two */\n",
        "    {.point = points_T, .points = 1, .counter = 1, .duration = 60u,\n"
        "     .repeating = false, .implicit = true, .access = {255, 0x0u},\n"
        "     .autostart = 0x1u, .autostart_absolute = true, .autostart_value = 0u},\n",
        "    .tables = 3,\n    .applications = 2,\n",
        "{.level = 3, .access = {255, 0x1u}}, /* RES_SCHEDULER */\n",
        "{.level = 2, .isr = false, .access = {255, 0x2u}}, /* Bus */\n",
        ".access = {1, 0x2u}, .kernel_stack = kernel_stack_Middle, .fpu = fpu_Middle",
        "OS_STACK(kernel_stack_Middle, OS_KERNEL_PAGES);\n",
        "    {.counter = 0, .access = {1, 0x2u}, .task = 3}, /* D */\n",
        ".mincycle = 2u}, .access = {0, 0x1u}},\n",
        "OS_DATA_ENDS(Radio);\nOS_PAGE_TABLES(page_tables_Radio);\n",
        "    {.trusted = true, .restart_task = 255},\n"
        "    {.trusted = false, .restart_task = 2,\n"
        "     .data = data_Radio, .data_end = data_end_Radio, .page_tables = page_tables_Radio},\n",
    };
    char *text;

    (void)state;
    assert_true(read_text(good));
    text = emitted(false);
    for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
        if (!strstr(text, header[i]))
            fail_msg("not in the header: %s", header[i]);
    assert_null(strstr(text, "Group")); /* nobody takes it by name */
    assert_null(strstr(text, "OSDEFAULTAPPMODE"));
    free(text);
    text = emitted(true);
    for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++)
        if (!strstr(text, source[i]))
            fail_msg("not in the source: %s\n%s", source[i], text);
    free(text);
}

struct breach {
    const char *from, *to; /* of the good file */
    const char *error;     /* a part of what is said */
};

static const struct breach breaches[] = {
    /* Tokens. */
    {"lines */", "lines", "x.oil:29: the comment has no end"},
    {"= 4000000000", "= 99999999999999999999", "x.oil:18: the number has more than 64 bits"},
    {"0x1000", "0x", "not a number"},
    {"0x1000", "4096k", "not a number"},
    {"\"ring_1\"", "\"ring_1", "x.oil:37: the string does not end on its line"},
    {"// a", "$ a", "x.oil:1: byte 0x24 means nothing in OIL"},
    {"// a", "\x80 a", "byte 0x80 means nothing"},

    /* Structure. */
    {"OIL_VERSION =", "VERSION =", "x.oil:2: the file must begin with OIL_VERSION"},
    {"OIL_VERSION =", "OIL_VERSION", "'=' is missing after OIL_VERSION"},
    {"\"2.5\"", "\"3.0\"", "OIL_VERSION '3.0' is not read"},
    {"\"and what it is\"", "what", "after ':' comes a description in quotes"},
    {"IMPLEMENTATION Binnacle", "IMPLEMENTATION", "IMPLEMENTATION: its name is missing"},
    {"IMPLEMENTATION Binnacle {", "IMPLEMENTATION Binnacle", "'{' is missing after the name of"},
    {"IMPLEMENTATION Binnacle {", "IMPLEMENTATION Binnacle { {", "has no end: close it with };"},
    {"    OS {", "    MOTOR {", "x.oil:4: 'MOTOR' is no kind of object"},
    {"CPU car", "CAR car", "CPU is missing before 'CAR'"},
    {"CPU car", "CPU", "CPU: its name is missing before '{'"},
    {"CPU car {", "CPU car", "'{' is missing after the CPU's name"},
    {"} : \"the whole car\";", "}", "';' is missing after the CPU, before 'end of file'"},
    {"} : \"the whole car\";", "}; CPU two { };", "'CPU' after the end of the CPU"},
    {"} : \"the whole car\";", "CPU two { }; };", "a CPU cannot contain another"},
    {"} : \"the whole car\";", "", "an object or '}' is missing before 'end of file'"},
    {"APPMODE Diagnosis;", "#include \"modes\"", "x.oil:13: #include is not read"},
    {"APPMODE Diagnosis;", "MESSAGE m { };", "this system has no OSEK COM or NM"},
    {"APPMODE Diagnosis;", "APPMODE;", "APPMODE: its name is missing before ';'"},
    {"APPMODE Diagnosis;", "APPMODE Diagnosis", "';' is missing after the object"},
    {"APPMODE Diagnosis;", "APPMODE Diagnosis { 7 };",
     "APPMODE Diagnosis: an attribute's name or '}' is missing before '7'"},
    {"APPMODE Diagnosis;", "APPMODE Slow;", "TASK Slow: the name is that of line 13 already"},
    {"OS os", "OS os { }; OS two", "OS two: there may be 1 of its kind"},
    {"MASK = 1", "MASK 1", "'=' is missing after the attribute's name, before '1'"},
    {"MASK = 1", "MASK = ;",
     "EVENT Tock: MASK: the value must be a name, a number or a string, not ';'"},
    {"MASK = 1", "MASK = 1 { A = 1 { A = 1 { A = 1 { A = 1; }; }; }; }", "braces nest too deep"},
    {"MASK = 1;", "MASK = 1", "';' is missing after the attribute's value"},
    {"AUTO; };", "AUTO { } };", "';' is missing after '}'"},

    /* Attributes. */
    {"MASK = 1", "MASKE = 1", "x.oil:28: EVENT Tock: has no attribute MASKE: remove it"},
    {"TASK = Slow;", "TASK = Slow; EVENT = Tick;",
     "ALARM A: ACTION = ACTIVATETASK has no attribute EVENT: remove it"},
    {"MASK = 1;", "", "x.oil:28: EVENT Tock: MASK is missing: add it"},
    {"{ TASK = Slow; }", "", "ALARM A: ACTION = ACTIVATETASK needs TASK in its braces"},
    {"MASK = 1;", "MASK = 1; MASK = 2;", "MASK stands in line 28 already: remove one"},
    {"EVENT = Tock;", "EVENT = Tick;", "EVENT = Tick stands in line 19 already: remove one"},
    {"PRIORITY = 7", "PRIORITY = high", "TASK Middle: PRIORITY = high: the value must be a number"},
    {"PRIORITY = 7", "PRIORITY = AUTO", "must be a number; nothing chooses it"},
    {"SSE = TRUE", "SSE = 1", "SSE = 1: the value must be TRUE or FALSE"},
    {"SSE = TRUE", "SSE = YES", "SSE = YES: must be one of TRUE FALSE"},
    {"SCHEDULE = NON", "SCHEDULE = MIXED", "SCHEDULE = MIXED: must be one of FULL NON"},
    {"\"ring_1\"", "ring_1", "ALARMCALLBACKNAME = ring_1: the value must be a string"},
    {"MASK = 1;", "MASK = \"1\";", "the value must be a number or AUTO"},
    {"MASK = 1;", "MASK = 0;", "MASK = 0: must be 1 to 4294967295"},
    {"PRIORITY = 0", "PRIORITY = 4294967296", "must be 0 to 4294967295"},
    {"ACTIVATION = 3", "ACTIVATION = 256", "ACTIVATION = 256: must be 1 to 255"},
    {"EVENT = Tock;", "EVENT = Tuck;", "TASK Fast: EVENT = Tuck: there is no EVENT of that name"},
    {"{ TASK = Slow; }", "{ TASK = Tick; }", "TASK = Tick: there is no TASK of that name"},
    {"STACKSIZE = 5000", "STACKSIZE = 1023", "must be 1024 to 1048576"},
    {"VECTOR = 80", "VECTOR = 65", "ISR Wire: VECTOR = 65: must be 66 to 254"},
    {"CATEGORY = 1", "CATEGORY = 3", "must be 1 to 2"},

    /* What attributes and objects ask of each other. */
    {"ISR Raw", "ISR while", "ISR while: the name is C's or the kernel's: choose another"},
    {"ISR Raw", "ISR WaitEvent", "ISR WaitEvent: the name is C's or the kernel's"},
    {"ISR Raw", "ISR E_OS_RAW", "ISR E_OS_RAW: the name is C's or the kernel's"},
    {"ISR Raw", "ISR OSRAW", "ISR OSRAW: the name is C's"},
    {"STATUS = EXTENDED; STARTUPHOOK", "STATUS = STANDARD; STARTUPHOOK",
     "OS os: STATUS = STANDARD: this kernel makes every check"},
    {"FULL; ACTIVATION = 1;", "FULL; ACTIVATION = 2;",
     "TASK Fast: ACTIVATION = 2: a task with events is an extended one"},
    {"MINCYCLE = 2;", "MINCYCLE = 60;", "COUNTER Wheel: MINCYCLE is above MAXALLOWEDVALUE"},
    {"TYPE = SOFTWARE", "TYPE = HARDWARE",
     "COUNTER Wheel: TYPE = HARDWARE: the machine has one clock, which is COUNTER Clock"},
    {"\"ring_1\"", "\"ring-1\"", "'ring-1' is no C name"},
    {"\"ring_1\"", "\"1ring\"", "'1ring' is no C name"},
    {"\"ring_1\"", "\"\"", "ALARMCALLBACKNAME: the name is empty"},
    {"SETEVENT { TASK = Fast", "SETEVENT { TASK = Middle",
     "ALARM B: TASK Middle has no EVENT = Tick: add it to the task"},
    {"ALARMTIME = 5", "ALARMTIME = 60", "ALARMTIME = 60 is above its counter's MAXALLOWEDVALUE 59"},
    {"CYCLETIME = 10", "CYCLETIME = 1", "CYCLETIME = 1: must be 0, or 2 to 59"},
    {"CYCLETIME = 10", "CYCLETIME = 60", "CYCLETIME = 60: must be 0, or 2 to 59"},
    {"CATEGORY = 1;", "CATEGORY = 1; RESOURCE = Line;", "ISR Raw: CATEGORY = 1: such a routine"},
    {"VECTOR = 81", "VECTOR = 80", "ISR Raw: VECTOR = 80 is that of ISR Wire"},
    {"LINKEDRESOURCE = Bus;", "LINKEDRESOURCE = BusAgain;", "its links lead in a circle"},
    {"LINKEDRESOURCE = Bus;", "LINKEDRESOURCE = Group;",
     "RESOURCE BusAgain: is linked to INTERNAL resource Group"},
    {"RESOURCE Bus { RESOURCEPROPERTY = STANDARD; }",
     "RESOURCE Bus { RESOURCEPROPERTY = INTERNAL; }", "is linked to INTERNAL"},
    {"RESOURCE Line { RESOURCEPROPERTY = STANDARD; }",
     "RESOURCE Line { RESOURCEPROPERTY = INTERNAL; }",
     "ISR Wire: RESOURCE = Line: is INTERNAL, which is for tasks alone"},
    {"RESOURCE = Group; };\nRESOURCE Group",
     "RESOURCE = Group; RESOURCE = Two; };\nRESOURCE Two { RESOURCEPROPERTY = INTERNAL; };\n"
     "RESOURCE Group",
     "TASK Middle: RESOURCE = Two: its INTERNAL resource is Group already"},
    {"RESOURCE = Line; };", "};", "RESOURCE Line: no task and no ISR has RESOURCE = Line"},
    {"EVENT = Tock;", "", "EVENT Tock: no task has EVENT = Tock"},
    {"MASK = AUTO;", "MASK = 3;",
     "EVENT Tick: its MASK shares bits with EVENT Tock, and TASK Fast has both"},
    {"MASK = 1;", "MASK = 0xFFFFFFFF;", "EVENT Tick: MASK = AUTO: no bit is left"},
    {"CONFORMANCE = ECC2", "CONFORMANCE = BCC2", "TASK Fast: has events, which class BCC2 has not"},
    {"EXECUTIONBUDGET = 800; TIMEFRAME = 9000;", "",
     "TASK Middle: TIMING_PROTECTION = TRUE needs EXECUTIONBUDGET or TIMEFRAME"},
    {"EXECUTIONBUDGET = 800;", "EXECUTIONBUDGET = 0;", "EXECUTIONBUDGET = 0: must be 1 to"},
    {"TIMING_PROTECTION = TRUE", "TIMING_PROTECTION = FALSE",
     "TIMING_PROTECTION = FALSE has no attribute EXECUTIONBUDGET"},
    {"ISR Raw", "ISR PRO_IGNORE", "ISR PRO_IGNORE: the name is C's or the kernel's"},
    /* Schedule tables. */
    {"ISR Raw", "ISR SCHEDULETABLE_X", "the name is C's or the kernel's"},
    {"ISR Raw", "ISR NextScheduleTable", "the name is C's or the kernel's"},
    {"DURATION = 100; ", "", "x.oil:41: SCHEDULETABLE S: DURATION is missing: add it"},
    {"DURATION = 60", "DURATION = 0", "DURATION = 0: must be 1 to 4294967295"},
    {"EXPIRE_POINT = one { OFFSET = 2; ACTION = ACTIVATETASK { TASK = Fast; }; };", "",
     "x.oil:47: SCHEDULETABLE T: EXPIRE_POINT is missing: add it"},
    {"EXPIRE_POINT = two", "EXPIRE_POINT = one",
     "x.oil:45: SCHEDULETABLE S: EXPIRE_POINT = one stands in line 43 already: remove one"},
    {"EXPIRE_POINT = two", "EXPIRE_POINT = 2", "EXPIRE_POINT = 2: the value must be a name"},
    {"OFFSET = 50; ", "", "x.oil:45: SCHEDULETABLE S: EXPIRE_POINT = two needs OFFSET in its"},
    {" ACTION = ACTIVATETASK { TASK = Fast; };", "",
     "SCHEDULETABLE T: EXPIRE_POINT = one needs ACTION in its braces"},
    {"ACTIVATETASK { TASK = Fast; }", "ACTIVATETASK",
     "SCHEDULETABLE T: ACTION = ACTIVATETASK needs TASK in its braces"},
    {"ACTIVATETASK { TASK = Fast; }", "ACTIVATETASK { TASK = Fast; EVENT = Tick; }",
     "SCHEDULETABLE T: ACTION = ACTIVATETASK has no attribute EVENT: remove it"},
    {"ACTIVATETASK { TASK = Fast; }", "ALARMCALLBACK",
     "ACTION = ALARMCALLBACK: must be one of ACTIVATETASK SETEVENT"},
    {"ACTIVATETASK { TASK = Fast; }", "ACTIVATETASK { TASK = Tick; }",
     "SCHEDULETABLE T: TASK = Tick: there is no TASK of that name"},
    {"SYNC = IMPLICIT;", "ACTION = ACTIVATETASK;", "SCHEDULETABLE T: has no attribute ACTION"},
    {"SYNC = IMPLICIT;", "SYNC = EXPLICIT;", "SYNC = EXPLICIT: must be one of NONE IMPLICIT"},
    {"EVENT = Tick; TASK = Fast;", "EVENT = Tick; TASK = Middle;",
     "x.oil:43: SCHEDULETABLE S: TASK Middle has no EVENT = Tick: add it to the task"},
    {"OFFSET = 3;", "OFFSET = 1;",
     "x.oil:43: SCHEDULETABLE S: EXPIRE_POINT = one: 1 ticks after the beginning: must be 0, or 2 "
     "to 59"},
    {"OFFSET = 3;", "OFFSET = 60;", "EXPIRE_POINT = one: 60 ticks after the beginning"},
    {"OFFSET = 50;", "OFFSET = 3;",
     "x.oil:45: SCHEDULETABLE S: EXPIRE_POINT = two: its OFFSET = 3 is not above 3"},
    {"OFFSET = 50;", "OFFSET = 0;", "its OFFSET = 0 is not above 3"},
    {"OFFSET = 50;", "OFFSET = 4;",
     "EXPIRE_POINT = two: 1 ticks after the point before: must be 2 to 59"},
    {"OFFSET = 50;", "OFFSET = 63;", "EXPIRE_POINT = two: 60 ticks after the point before"},
    {"DURATION = 100", "DURATION = 49",
     "DURATION = 49: must end 2 to 59 ticks after its last point, which is at 50"},
    {"DURATION = 100", "DURATION = 51", "DURATION = 51: must end 2 to 59 ticks after"},
    {"DURATION = 100", "DURATION = 110", "DURATION = 110: must end 2 to 59 ticks after"},
    {"DURATION = 60; REPEATING = FALSE; SYNC = IMPLICIT;",
     "DURATION = 62; REPEATING = FALSE; SYNC = NONE;",
     "SCHEDULETABLE T: DURATION = 62: must end 0 to 59 ticks after its last point"},
    {"DURATION = 60", "DURATION = 59",
     "x.oil:47: SCHEDULETABLE T: DURATION = 59: with SYNC = IMPLICIT it must be 60"},
    {"START_VALUE = 7", "START_VALUE = 0", "SCHEDULETABLE S: START_VALUE = 0: must be 1 to 56"},
    {"START_VALUE = 7", "START_VALUE = 57", "START_VALUE = 57: must be 1 to 56"},
    {"START_VALUE = 0", "START_VALUE = 60", "SCHEDULETABLE T: START_VALUE = 60: must be 0 to 59"},
    {"TYPE = ABSOLUTE", "TYPE = RELATIVE",
     "x.oil:48: SCHEDULETABLE T: TYPE = RELATIVE: a table with SYNC = IMPLICIT begins at"},

    /* Applications. */
    {"TRUSTED = TRUE; ", "", "APPLICATION Engine: TRUSTED is missing: add it"},
    {"TASK = Middle; ALARM = D;", "TASK = Fast; ALARM = D;",
     "APPLICATION Radio: TASK Fast is APPLICATION Engine's already"},
    {"SCHEDULETABLE = U;", "SCHEDULETABLE = V;", "there is no SCHEDULETABLE of that name"},
    {"SCHEDULETABLE = U;", "ISR = Raw;", "APPLICATION Radio: has no attribute ISR"},
    {"RESTARTTASK = Middle", "RESTARTTASK = Slow",
     "APPLICATION Radio: RESTARTTASK = Slow: is not one of its tasks: add TASK = Slow"},
    {"EXECUTIONBUDGET = 800; ", "",
     "TASK Middle: its APPLICATION Radio is not trusted: it needs TIMING_PROTECTION with"},
    {"TIMEFRAME = 9000;", "", "it needs TIMING_PROTECTION with EXECUTIONBUDGET and TIMEFRAME"},
    {"VECTOR = 80; RESOURCE = Line;", "VECTOR = 80; RESOURCE = Line; RESOURCE = Bus;",
     "TASK Middle: RESOURCE = Bus: an ISR takes it too"},
    {"ACCESSING_APPLICATION = Radio;", "",
     "ALARM D: TASK Open may not be used by APPLICATION Radio: add ACCESSING_APPLICATION"},
    {"OFFSET = 7; ACTION = ACTIVATETASK { TASK = Open; }",
     "OFFSET = 7; ACTION = ACTIVATETASK { TASK = Open; }; ACTION = ACTIVATETASK { TASK = Slow; }",
     "SCHEDULETABLE U: TASK Slow may not be used by APPLICATION Radio"},
    {"ALARM = D;", "ALARM = C;", "ALARM C: ACTION = ALARMCALLBACK: its APPLICATION Radio"},
    {"ACCESSING_APPLICATION = Engine", "ACCESSING_APPLICATION = Wheel",
     "TASK Open: ACCESSING_APPLICATION = Wheel: there is no APPLICATION of that name"},
    {"ISR Raw", "ISR APPLICATION_X", "the name is C's or the kernel's"},
    {"ISR Raw", "ISR OBJECT_TASK", "the name is C's or the kernel's"},
    {"ISR Raw", "ISR RESTART", "the name is C's or the kernel's"},

    {"CONFORMANCE = ECC2", "CONFORMANCE = ECC1",
     "TASK Slow: ACTIVATION = 3: class ECC1 has one activation of a task"},
};

static void test_every_breach_is_told(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
        const struct breach *b = &breaches[i];
        char *text = changed(b->from, b->to);

        if (read_text(text) || !strstr(oil.error, b->error)) {
            print_error("'%s' for '%s' gives: %s\n", b->to, b->from, oil.error);
            wrong++;
        }
        if (strncmp(oil.error, "x.oil:", 6) != 0)
            wrong++;
        free(text);
    }
    assert_int_equal(wrong, 0);
}

/* A file of many objects of one kind, as text. */
static char *many(const char *before, const char *format, int n, const char *after)
{
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);

    assert_non_null(f);
    fputs("OIL_VERSION = \"2.5\";\nCPU c {\n"
          "OS os { STATUS = EXTENDED; STARTUPHOOK = FALSE; ERRORHOOK = FALSE; SHUTDOWNHOOK = FALSE;"
          " PRETASKHOOK = FALSE; POSTTASKHOOK = FALSE; USEGETSERVICEID = FALSE;"
          " USEPARAMETERACCESS = FALSE; CONFORMANCE = ECC1; };\nAPPMODE m;\n",
          f);
    fputs(before, f);
    for (int i = 0; i < n; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        fprintf(f, format, i, i);
#pragma GCC diagnostic pop
    }
    fputs(after, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void expect_many(const char *before, const char *format, int n, const char *after,
                        const char *error)
{
    char *text = many(before, format, n, after);

    if (error && (read_text(text) || !strstr(oil.error, error)))
        fail_msg("%s", oil.error);
    if (!error && !read_text(text))
        fail_msg("%s", oil.error);
    free(text);
}

/* What just keeps to the rules. */
static void test_tables_at_their_limits(void **state)
{
    static const struct {
        const char *from, *to;
    } fine[] = {
        {"OFFSET = 3;", "OFFSET = 0;"},
        {"OFFSET = 50;", "OFFSET = 41;"},
        {"OFFSET = 50;", "OFFSET = 62;"},
        {"DURATION = 100", "DURATION = 52"},
        {"DURATION = 100", "DURATION = 109"},
        {"DURATION = 60; REPEATING = FALSE; SYNC = IMPLICIT;",
         "DURATION = 2; REPEATING = FALSE; SYNC = NONE;"},
        {"START_VALUE = 7", "START_VALUE = 56"},
        {"START_VALUE = 0", "START_VALUE = 59"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        char *text = changed(fine[i].from, fine[i].to);

        if (!read_text(text))
            fail_msg("%s", oil.error);
        free(text);
    }
}

static void test_limits(void **state)
{
    static const char task[] = "TASK t%d { PRIORITY = %d; SCHEDULE = FULL; ACTIVATION = 1; "
                               "AUTOSTART = FALSE; STACKSIZE = 4096; };\n";
    static const char shared[] = "TASK t%d { PRIORITY = 9; SCHEDULE = FULL; ACTIVATION = 1; "
                                 "AUTOSTART = FALSE; STACKSIZE = 4096; };\n";
    static const char one[] = "TASK t { PRIORITY = 1; SCHEDULE = FULL; ACTIVATION = 1; "
                              "AUTOSTART = FALSE; STACKSIZE = 4096; ";
    static const char table[] =
        "TASK t { PRIORITY = 1; SCHEDULE = FULL; ACTIVATION = 1; AUTOSTART = FALSE; "
        "STACKSIZE = 4096; }; COUNTER k { MAXALLOWEDVALUE = 9; TICKSPERBASE = 1; MINCYCLE = 1; };\n"
        "SCHEDULETABLE s { COUNTER = k; DURATION = 2048; REPEATING = FALSE; AUTOSTART = FALSE;\n";

    (void)state;
    expect_many("", task, 31, "};", NULL);
    expect_many("", task, 32, "};", "TASK t31: PRIORITY: more than 31 different priorities");
    expect_many("", shared, 2, "};", "PRIORITY = 9 is that of TASK t0: class ECC1 has one task");
    expect_many("", shared, 255, "};", "TASK t254: there may be 254 of its kind");
    expect_many("", "APPMODE n%d;\n", 32, "};", "APPMODE n31: there may be 32 of its kind");
    expect_many(one, "}; APPLICATION a%d { TRUSTED = TRUE; TIME = %d;", 33, "}; };",
                "APPLICATION a32: there may be 32 of its kind");
    expect_many("", "", 0, "};", "CPU c: has no TASK: add one");
    expect_many(one, "EVENT = e%d;", 33, "}; };", "EVENT = e0: there is no EVENT of that name");
    expect_many(table, "EXPIRE_POINT = p%d { OFFSET = %d; ACTION = ACTIVATETASK { TASK = t; }; };",
                2040, "}; };", NULL);
    expect_many(table, "EXPIRE_POINT = p%d { OFFSET = %d; ACTION = ACTIVATETASK { TASK = t; }; };",
                2048, "}; };", "SCHEDULETABLE s: more than 8192 attributes in the file");
    expect_many(one, "A%d = %d;", 8192, "}; };", "more than 8192 attributes in the file");
}

static void test_masks_run_out(void **state)
{
    char *text = NULL;
    size_t bytes;

    (void)state;
    for (int n = 32; n <= 33; n++) {
        FILE *f = open_memstream(&text, &bytes);

        assert_non_null(f);
        for (int i = 0; i < n; i++)
            fprintf(f, "EVENT e%d { MASK = AUTO; };\n", i);
        fputs("TASK t { PRIORITY = 1; SCHEDULE = FULL; ACTIVATION = 1; AUTOSTART = FALSE; "
              "STACKSIZE = 4096; ",
              f);
        assert_int_equal(fclose(f), 0);
        expect_many(text, "EVENT = e%d;", n, "}; };",
                    n == 32 ? NULL : "EVENT e32: MASK = AUTO: no bit is left");
        free(text);
    }
}

/* Cut anywhere, a file is refused, and never read past its end. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n + 2 < sizeof(good); n++) {
        char *text = malloc(n + 1);

        assert_non_null(text);
        memcpy(text, good, n);
        assert_false(oil_read(&oil, "x.oil", text, n));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_no_task_is_above_the_ceiling_of_a_linked_resource),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_every_breach_is_told),
        cmocka_unit_test(test_tables_at_their_limits),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_masks_run_out),
        cmocka_unit_test(test_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
