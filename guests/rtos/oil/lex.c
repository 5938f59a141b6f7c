/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens of an OIL file, and the errors that name a place in it (ISO 17356-6 §3.2). */
#include "oil.h"

#include <stdarg.h>
#include <string.h>

bool oil_fail(struct oil *oil, int line, const char *format, ...)
{
    va_list list;
    int n = snprintf(oil->error, sizeof(oil->error), "%.100s:%d: ", oil->file, line);

    va_start(list, format);
    vsnprintf(oil->error + n, sizeof(oil->error) - (size_t)n, format, list);
    va_end(list);
    return false;
}

bool oil_fail_object(struct oil *oil, int line, int object, const char *format, ...)
{
    const struct oil_object *o = &oil->object[object];
    char text[320];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return oil_fail(oil, line, "%s %.*s: %s", oil_kind_name(o->kind), OIL_WORD(o->name), text);
}

bool oil_is(struct oil_word word, const char *text)
{
    return word.n == strlen(text) && memcmp(word.at, text, word.n) == 0;
}

bool oil_same(struct oil_word a, struct oil_word b)
{
    return a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
}

/* ASCII alone, whatever the locale. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* Past blanks and comments. */
static bool skip_blanks(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;
    int begin = l->line;

    while (l->at < l->end) {
        size_t left = (size_t)(l->end - l->at);

        if (*l->at == '\n') {
            l->line++;
            l->at++;
        } else if (*l->at == ' ' || *l->at == '\t' || *l->at == '\r') {
            l->at++;
        } else if (left >= 2 && memcmp(l->at, "//", 2) == 0) {
            while (l->at < l->end && *l->at != '\n')
                l->at++;
        } else if (left >= 2 && memcmp(l->at, "/*", 2) == 0) {
            begin = l->line;
            for (l->at += 2; l->end - l->at >= 2 && memcmp(l->at, "*/", 2); l->at++)
                l->line += *l->at == '\n';
            if (l->end - l->at < 2)
                return oil_fail(oil, begin, "the comment has no end: close it with */");
            l->at += 2;
        } else {
            break;
        }
    }
    return true;
}

static bool lex_number(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;
    unsigned base = 10;
    const char *digits;

    l->token = OIL_NUMBER;
    l->number = 0;
    l->word.at = l->at;
    if (l->end - l->at >= 2 && l->at[0] == '0' && (l->at[1] == 'x' || l->at[1] == 'X')) {
        base = 16;
        l->at += 2;
    }
    digits = l->at;
    for (; l->at < l->end && (unsigned)digit_value(*l->at) < base; l->at++) {
        if (l->number > (UINT64_MAX - 15) / base)
            return oil_fail(oil, l->line, "the number has more than 64 bits");
        l->number = l->number * base + (unsigned)digit_value(*l->at);
    }
    l->word.n = (size_t)(l->at - l->word.at);
    if (l->at == digits || (l->at < l->end && (is_letter(*l->at) || is_digit(*l->at))))
        return oil_fail(oil, l->line,
                        "not a number: write decimal digits, or 0x and hexadecimal ones");
    return true;
}

static bool lex_string(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;

    l->token = OIL_STRING;
    l->word.at = ++l->at;
    while (l->at < l->end && *l->at != '"' && *l->at != '\n')
        l->at++;
    if (l->at == l->end || *l->at != '"')
        return oil_fail(oil, l->line, "the string does not end on its line: close it with \"");
    l->word.n = (size_t)(l->at - l->word.at);
    l->at++;
    return true;
}

bool oil_next(struct oil *oil)
{
    struct oil_lex *l = &oil->lex;

    if (!skip_blanks(oil))
        return false;
    if (l->at == l->end) {
        l->token = OIL_END;
        l->word = (struct oil_word){"end of file", 11};
        return true;
    }
    if (is_digit(*l->at))
        return lex_number(oil);
    if (*l->at == '"')
        return lex_string(oil);
    l->word.at = l->at;
    if (is_letter(*l->at)) {
        while (l->at < l->end && (is_letter(*l->at) || is_digit(*l->at)))
            l->at++;
        l->token = OIL_NAME;
    } else {
        if (!*l->at || !strchr("{}=;:,[].#-+", *l->at))
            return oil_fail(oil, l->line, "byte 0x%02x means nothing in OIL: remove it",
                            (unsigned)(uint8_t)*l->at);
        l->mark = *l->at++;
        l->token = OIL_MARK;
    }
    l->word.n = (size_t)(l->at - l->word.at);
    return true;
}
