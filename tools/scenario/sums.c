/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command bn-sums: writes the SHA-256 sums of files into the .bnsums section of a loader.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binnacle/sums.h"
#include "hypervisor/boot/sha256.h"

struct loader {
    const char *path;
    uint8_t *data;
    size_t bytes;
    struct bn_sums *sums; /* inside data */
};

/* A little-endian number of the file; 0 past its end, which no check below takes for what it seeks.
 */
static uint32_t get(const struct loader *l, size_t at, unsigned bytes)
{
    uint32_t value = 0;

    if (at <= l->bytes && bytes <= l->bytes - at)
        memcpy(&value, l->data + at, bytes);
    return value;
}

/* PE/COFF: header offset at 0x3c, sections after the optional header. */
static int find_section(struct loader *l)
{
    size_t pe = get(l, 0x3C, 4);

    if (get(l, 0, 2) != 0x5A4D || get(l, pe, 4) != 0x4550)
        return -1;
    size_t section = pe + 24 + get(l, pe + 20, 2);
    for (unsigned count = get(l, pe + 6, 2); count; count--, section += 40) {
        if (section + 40 > l->bytes)
            return -1;
        if (strncmp((const char *)l->data + section, BN_SUMS_SECTION, 8) != 0)
            continue;
        size_t bytes = get(l, section + 16, 4), at = get(l, section + 20, 4);

        if (bytes < sizeof(struct bn_sums) || at > l->bytes || bytes > l->bytes - at || at % 8)
            return -1;
        l->sums = (struct bn_sums *)(void *)(l->data + at);
        return l->sums->magic == BN_SUMS_MAGIC && l->sums->version == BN_SUMS_VERSION ? 0 : -1;
    }
    return -1;
}

/* All of a file, to be freed; NULL: it cannot be read, and that has been said. */
static uint8_t *read_file(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    uint8_t *data = NULL;
    long length = -1;

    if (in && fseek(in, 0, SEEK_END) == 0)
        length = ftell(in);
    if (length >= 0) {
        rewind(in);
        *bytes = (size_t)length;
        data = malloc(*bytes + 1); /* of an empty file too */
    }
    if (data && fread(data, 1, *bytes, in) != *bytes) {
        free(data);
        data = NULL;
    }
    if (!data)
        perror(path);
    if (in)
        fclose(in);
    return data;
}

static int read_loader(struct loader *l, const char *path)
{
    l->path = path;
    l->data = read_file(path, &l->bytes);
    if (!l->data)
        return -1;
    if (find_section(l) == 0)
        return 0;
    fprintf(stderr,
            "bn-sums: %s: is not a Binnacle loader (no %s section)\n    remedy: give BOOTX64.EFI\n",
            path, BN_SUMS_SECTION);
    return -1;
}

static int sum_file(const char *path, uint8_t sum[SHA256_BYTES])
{
    size_t bytes;
    uint8_t *data = read_file(path, &bytes);

    if (!data)
        return -1;
    sha256(data, bytes, sum);
    free(data);
    return 0;
}

/* "NAME=PATH", or a path whose last part is the name. */
static int add_file(struct loader *l, const char *argument)
{
    const char *equals = strchr(argument, '='), *slash = strrchr(argument, '/');
    const char *path = equals ? equals + 1 : argument;
    const char *name = equals ? argument : slash ? slash + 1 : argument;
    size_t length = equals ? (size_t)(equals - argument) : strlen(name);
    struct bn_sum *sum = &l->sums->sum[l->sums->count];

    if (l->sums->count == BN_SUMS_MAX || length == 0 || length >= BN_SUMS_NAME_BYTES) {
        fprintf(stderr, "bn-sums: %s: at most %d files, names of 1 to %d characters\n", argument,
                BN_SUMS_MAX, BN_SUMS_NAME_BYTES - 1);
        return -1;
    }
    memcpy(sum->name, name, length);
    if (sum_file(path, sum->sha256) != 0)
        return -1;
    l->sums->count++;
    return 0;
}

static int write_loader(const struct loader *l)
{
    FILE *out = fopen(l->path, "r+b");

    if (!out || fwrite(l->data, 1, l->bytes, out) != l->bytes || fclose(out) != 0) {
        perror(l->path);
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct loader l = {0};
    int bad;

    if (argc < 3) {
        fputs("usage: bn-sums BOOTX64.EFI [NAME=]FILE...   list these files, and no others, in the "
              "loader\n",
              stderr);
        return 2;
    }
    bad = read_loader(&l, argv[1]);
    if (!bad) {
        memset(l.sums->sum, 0, sizeof(l.sums->sum));
        l.sums->count = 0;
    }
    for (int i = 2; !bad && i < argc; i++)
        bad = add_file(&l, argv[i]);
    if (!bad)
        bad = write_loader(&l);
    free(l.data);
    return bad ? 1 : 0;
}
