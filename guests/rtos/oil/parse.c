/* SPDX-License-Identifier: BSD-3-Clause */
/* Structure of an OIL file: version, implementation definition, CPU with its objects (ISO 17356-6
 * §3, §5.2). */
#include "oil.h"

#include <string.h>

static const char *const kinds[OIL_KINDS] = {
    "CPU",      "OS",    "APPMODE", "TASK",          "COUNTER",    "ALARM",
    "RESOURCE", "EVENT", "ISR",     "SCHEDULETABLE", "APPLICATION"};
/* Of OIL, but of no concern to an OSEK OS without OSEK COM. */
static const char *const strangers[] = {"MESSAGE", "NETWORKMESSAGE", "COM", "IPDU", "NM"};

const char *oil_kind_name(enum oil_kind kind)
{
    return kinds[kind];
}

static bool at_mark(const struct oil *oil, char mark)
{
    return oil->lex.token == OIL_MARK && oil->lex.mark == mark;
}

static bool expect_mark(struct oil *oil, char mark, const char *after)
{
    if (!at_mark(oil, mark))
        return oil_fail(oil, oil->lex.line, "'%c' is missing after %s, before '%.*s'", mark, after,
                        OIL_WORD(oil->lex.word));
    return oil_next(oil);
}

/* [ : "description" ] ; */
static bool end_statement(struct oil *oil, const char *what)
{
    if (at_mark(oil, ':')) {
        if (!oil_next(oil))
            return false;
        if (oil->lex.token != OIL_STRING)
            return oil_fail(oil, oil->lex.line, "after ':' comes a description in quotes");
        if (!oil_next(oil))
            return false;
    }
    return expect_mark(oil, ';', what);
}

static bool is_stranger(struct oil_word word)
{
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        if (oil_is(word, strangers[i]))
            return true;
    return false;
}

static bool find_kind(struct oil *oil, enum oil_kind *kind)
{
    for (int k = 0; k < OIL_KINDS; k++)
        if (oil_is(oil->lex.word, kinds[k])) {
            *kind = (enum oil_kind)k;
            return true;
        }
    if (is_stranger(oil->lex.word))
        return oil_fail(oil, oil->lex.line,
                        "%.*s: this system has no OSEK COM or NM: remove the object",
                        OIL_WORD(oil->lex.word));
    return oil_fail(oil, oil->lex.line,
                    "'%.*s' is no kind of object: OS, APPMODE, TASK, COUNTER, "
                    "ALARM, SCHEDULETABLE, RESOURCE, EVENT or ISR",
                    OIL_WORD(oil->lex.word));
}

/* NAME = value, as far as the value; its braces are the caller's. */
static bool begin_attribute(struct oil *oil, int object, int parent, int *made)
{
    struct oil_lex *l = &oil->lex;
    struct oil_attribute *a;

    if (l->token != OIL_NAME)
        return oil_fail_object(oil, l->line, object,
                               "an attribute's name or '}' is missing before '%.*s'",
                               OIL_WORD(l->word));
    if (oil->attributes == OIL_ATTRIBUTES)
        return oil_fail_object(oil, l->line, object, "more than %d attributes in the file",
                               OIL_ATTRIBUTES);
    a = &oil->attribute[oil->attributes];
    *a = (struct oil_attribute){
        .object = object, .parent = parent, .name = l->word, .line = l->line};
    if (!oil_next(oil) || !expect_mark(oil, '=', "the attribute's name"))
        return false;
    if (l->token != OIL_NAME && l->token != OIL_NUMBER && l->token != OIL_STRING)
        return oil_fail_object(oil, l->line, object,
                               "%.*s: the value must be a name, a number or a string, not '%.*s'",
                               OIL_WORD(a->name), OIL_WORD(l->word));
    a->token = l->token;
    a->value = l->word;
    a->number = l->number;
    *made = oil->attributes++;
    return oil_next(oil);
}

/* Attributes up to the object's closing brace; braces within are followed by a stack, not by
 * recursion. */
static bool parse_attributes(struct oil *oil, int object)
{
    int parent[OIL_DEPTH] = {OIL_NONE}, depth = 0;

    for (;;) {
        int made = OIL_NONE;

        if (at_mark(oil, '}')) {
            if (!oil_next(oil))
                return false;
            if (depth-- == 0)
                return true;
            if (!end_statement(oil, "'}'"))
                return false;
            continue;
        }
        if (!begin_attribute(oil, object, parent[depth], &made))
            return false;
        if (at_mark(oil, '{')) {
            if (++depth == OIL_DEPTH)
                return oil_fail_object(oil, oil->lex.line, object, "braces nest too deep");
            parent[depth] = made;
            if (!oil_next(oil))
                return false;
        } else if (!end_statement(oil, "the attribute's value")) {
            return false;
        }
    }
}

static bool add_object(struct oil *oil, enum oil_kind kind)
{
    struct oil_lex *l = &oil->lex;
    int most = kind == OIL_APPMODE                 ? OIL_MODES
               : kind == OIL_APPLICATION           ? OIL_APPLICATIONS
               : kind == OIL_CPU || kind == OIL_OS ? 1
                                                   : OIL_ID_MAX;

    if (l->token != OIL_NAME)
        return oil_fail(oil, l->line, "%s: its name is missing before '%.*s'", kinds[kind],
                        OIL_WORD(l->word));
    if (oil->count[kind] == most || oil->objects == OIL_OBJECTS)
        return oil_fail(oil, l->line, "%s %.*s: there may be %d of its kind, %d objects in all",
                        kinds[kind], OIL_WORD(l->word), most, OIL_OBJECTS);
    for (int i = 0; i < oil->objects; i++)
        if (oil_same(oil->object[i].name, l->word))
            return oil_fail(oil, l->line,
                            "%s %.*s: the name is that of line %d already: every object needs its "
                            "own, for they share C's name space",
                            kinds[kind], OIL_WORD(l->word), oil->object[i].line);
    oil->object[oil->objects++] = (struct oil_object){
        .kind = kind, .name = l->word, .line = l->line, .id = oil->count[kind]++};
    return oil_next(oil);
}

static bool parse_object(struct oil *oil)
{
    enum oil_kind kind = OIL_CPU;
    int object;

    if (!find_kind(oil, &kind))
        return false;
    if (kind == OIL_CPU)
        return oil_fail(oil, oil->lex.line, "a CPU cannot contain another");
    object = oil->objects;
    if (!oil_next(oil) || !add_object(oil, kind))
        return false;
    if (at_mark(oil, '{') && (!oil_next(oil) || !parse_attributes(oil, object)))
        return false;
    return end_statement(oil, "the object");
}

/* Skipped: this implementation's attributes are those of rules.c, and what another's file declares
 * beyond them is refused where it is used. Its braces and object kinds must still be right. */
static bool skip_implementation(struct oil *oil)
{
    int depth = 0, line = oil->lex.line;
    enum oil_kind kind = OIL_CPU;
    bool begins = true;

    if (!oil_next(oil))
        return false;
    if (oil->lex.token != OIL_NAME)
        return oil_fail(oil, oil->lex.line, "IMPLEMENTATION: its name is missing");
    if (!oil_next(oil) || !expect_mark(oil, '{', "the name of the IMPLEMENTATION"))
        return false;
    while (depth >= 0) {
        if (oil->lex.token == OIL_END)
            return oil_fail(oil, line, "IMPLEMENTATION: has no end: close it with };");
        if (at_mark(oil, '{'))
            depth++;
        else if (at_mark(oil, '}'))
            depth--;
        else if (begins && oil->lex.token == OIL_NAME && !is_stranger(oil->lex.word) &&
                 !find_kind(oil, &kind))
            return false;
        begins = depth == 0 && at_mark(oil, ';');
        if (!oil_next(oil))
            return false;
    }
    return end_statement(oil, "the IMPLEMENTATION");
}

static bool parse_version(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;

    if (l->token != OIL_NAME || !oil_is(l->word, "OIL_VERSION"))
        return oil_fail(oil, l->line, "the file must begin with OIL_VERSION = \"2.5\";");
    if (!oil_next(oil) || !expect_mark(oil, '=', "OIL_VERSION"))
        return false;
    if (l->token != OIL_STRING || !(oil_is(l->word, "2.5") || oil_is(l->word, "2.4")))
        return oil_fail(oil, l->line, "OIL_VERSION '%.*s' is not read: write \"2.5\"",
                        OIL_WORD(l->word));
    return oil_next(oil) && end_statement(oil, "OIL_VERSION");
}

static bool parse_cpu(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;

    if (l->token != OIL_NAME || !oil_is(l->word, "CPU"))
        return oil_fail(oil, l->line,
                        "CPU is missing before '%.*s': the objects stand in "
                        "CPU name { ... };",
                        OIL_WORD(l->word));
    if (!oil_next(oil) || !add_object(oil, OIL_CPU) || !expect_mark(oil, '{', "the CPU's name"))
        return false;
    while (!at_mark(oil, '}')) {
        if (l->token == OIL_MARK && l->mark == '#')
            return oil_fail(oil, l->line, "#include is not read: put the text in its place");
        if (l->token != OIL_NAME)
            return oil_fail(oil, l->line, "an object or '}' is missing before '%.*s'",
                            OIL_WORD(l->word));
        if (!parse_object(oil))
            return false;
    }
    return oil_next(oil) && end_statement(oil, "the CPU");
}

bool oil_parse(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;

    if (!oil_next(oil) || !parse_version(oil))
        return false;
    if (l->token == OIL_NAME && oil_is(l->word, "IMPLEMENTATION") && !skip_implementation(oil))
        return false;
    if (!parse_cpu(oil))
        return false;
    if (l->token != OIL_END)
        return oil_fail(oil, l->line, "'%.*s' after the end of the CPU: remove it",
                        OIL_WORD(l->word));
    return true;
}

bool oil_read(struct oil *oil, const char *file, const char *text, size_t bytes)
{
    memset(oil, 0, sizeof(*oil));
    oil->file = file;
    oil->lex = (struct oil_lex){.at = text, .end = text + bytes, .line = 1};
    return oil_parse(oil) && oil_check_attributes(oil) && oil_model(oil) && oil_check_tasks(oil) &&
           oil_check_applications(oil);
}
