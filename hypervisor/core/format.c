/* SPDX-License-Identifier: BSD-3-Clause */
/* Text formatting for the log: the part of printf that the hypervisor uses. */
#include "hv/lib.h"

struct sink {
    char *to;
    size_t room, used;
};

struct spec {
    unsigned width;
    int precision, longs;
    bool zero, left;
};

static void put(struct sink *sink, char c)
{
    if (sink->used + 1 < sink->room)
        sink->to[sink->used++] = c;
}

static void put_padded(struct sink *sink, const char *text, size_t count, const struct spec *spec)
{
    size_t pad = spec->width > count ? spec->width - count : 0;

    if (!spec->left && spec->zero && count && *text == '-') {
        put(sink, *text++);
        count--;
    }
    for (; !spec->left && pad; pad--)
        put(sink, spec->zero ? '0' : ' ');
    for (; count; count--)
        put(sink, *text++);
    for (; pad; pad--)
        put(sink, ' ');
}

static void put_number(struct sink *sink, uint64_t value, bool negative, unsigned base,
                       const struct spec *spec)
{
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[--at] = '-';
    put_padded(sink, digits + at, sizeof(digits) - at, spec);
}

static const char *parse(const char *f, struct spec *spec)
{
    *spec = (struct spec){.precision = -1};
    for (; *f == '0' || *f == '-' || *f == '#'; f++) {
        spec->zero |= *f == '0';
        spec->left |= *f == '-';
    }
    for (; *f >= '0' && *f <= '9'; f++)
        spec->width = spec->width * 10 + (unsigned)(*f - '0');
    if (*f == '.')
        for (spec->precision = 0, f++; *f >= '0' && *f <= '9'; f++)
            spec->precision = spec->precision * 10 + (*f - '0');
    for (; *f == 'l' || *f == 'z' || *f == 'h'; f++)
        spec->longs += *f == 'h' ? 0 : 1;
    return f;
}

static void put_text(struct sink *sink, const char *text, const struct spec *spec)
{
    size_t count = 0;

    if (!text)
        text = "(null)";
    while ((spec->precision < 0 || count < (size_t)spec->precision) && text[count])
        count++;
    put_padded(sink, text, count, spec);
}

size_t hv_vsnprintf(char *to, size_t bytes, const char *format, va_list arguments)
{
    struct sink sink = {to, bytes, 0};
    struct spec spec;
    va_list list;

    va_copy(list, arguments);
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(&sink, *f);
            continue;
        }
        f = parse(f + 1, &spec);
        if (*f == 's') {
            put_text(&sink, va_arg(list, const char *), &spec);
        } else if (*f == 'd') {
            int64_t v = spec.longs ? va_arg(list, long) : va_arg(list, int);

            put_number(&sink, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, 10, &spec);
        } else if (*f == 'u' || *f == 'x') {
            uint64_t v = spec.longs ? va_arg(list, unsigned long) : va_arg(list, unsigned);

            put_number(&sink, v, false, *f == 'u' ? 10 : 16, &spec);
        } else if (*f) {
            put(&sink, *f);
        } else {
            break;
        }
    }
    va_end(list);
    if (bytes)
        to[sink.used] = 0;
    return sink.used;
}

size_t hv_snprintf(char *to, size_t bytes, const char *format, ...)
{
    va_list list;
    size_t used;

    va_start(list, format);
    used = hv_vsnprintf(to, bytes, format, list);
    va_end(list);
    return used;
}
