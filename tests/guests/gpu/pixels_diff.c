/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares two files of pixels.so, channel by channel: equal within 1 of 255. */
#include "pixels.h"

#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOUND (1.0f / 255)

struct file {
    const char *path;
    FILE *f;
    struct pixels_record record;
    void *data;
};

static struct file begin(const char *path)
{
    struct file f = {.path = path, .f = fopen(path, "r")};

    if (!f.f)
        err(2, "%s", path);
    return f;
}

static bool next(struct file *f)
{
    size_t bytes;

    if (fread(&f->record, sizeof(f->record), 1, f->f) != 1)
        return false;
    bytes = (size_t)f->record.channels * (f->record.kind == PIXELS_FLOATS ? 4 : 1);
    f->data = realloc(f->data, bytes);
    if (!f->data || fread(f->data, bytes, 1, f->f) != 1)
        errx(2, "%s: cut off", f->path);
    return true;
}

static float channel(const struct file *f, uint32_t i)
{
    if (f->record.kind == PIXELS_FLOATS)
        return ((const float *)f->data)[i];
    return (float)((const uint8_t *)f->data)[i] / 255;
}

/* How many channels are further apart than the bound; NaN equals NaN. */
static uint32_t differing(const struct file *a, const struct file *b, float *worst)
{
    uint32_t count = 0;

    *worst = 0;
    for (uint32_t i = 0; i < a->record.channels; i++) {
        const float x = channel(a, i), y = channel(b, i);
        const float apart = isnan(x) && isnan(y) ? 0 : fabsf(x - y);

        count += !(apart <= BOUND * 1.001f);
        *worst = apart > *worst ? apart : *worst;
    }
    return count;
}

int main(int argc, char **argv)
{
    unsigned records = 0, wrong = 0, exact = 0;
    struct file a, b;

    if (argc != 3)
        errx(2, "usage: pixels-diff FILE FILE");
    a = begin(argv[1]);
    b = begin(argv[2]);
    for (bool more = next(&a), other = next(&b); more || other; more = next(&a), other = next(&b)) {
        uint32_t count;
        float worst;

        if (more != other || memcmp(&a.record, &b.record, sizeof(a.record)) != 0)
            errx(1, "pixels: record %u is not of one kind in both", records);
        count = differing(&a, &b, &worst);
        exact += !count && worst == 0;
        wrong += count != 0;
        if (count)
            printf("pixels: record %u: %u channels differ, by up to %.4f\n", records, count, worst);
        records++;
    }
    printf("pixels: %u records, %u differ, %u are the same to the bit\n", records, wrong, exact);
    return wrong != 0;
}
