/* SPDX-License-Identifier: BSD-3-Clause */
/* oil2c IN.oil OUT.h OUT.c: the kernel's tables from an OIL file. Ends with 1 after a message where
 * the file or an output is wrong; an output is then not left half written. */
#include "oil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (1u << 20)

static bool read_file(const char *path, char *text, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    bool good;

    if (!f) {
        fprintf(stderr, "%s: cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    *bytes = fread(text, 1, MOST_BYTES, f);
    good = !ferror(f);
    if (!good)
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    if (good && *bytes == MOST_BYTES) {
        fprintf(stderr, "%s: larger than %u bytes: no OIL file\n", path, MOST_BYTES - 1);
        good = false;
    }
    fclose(f);
    return good;
}

static bool write_file(const struct oil *oil, const char *path, const char *header)
{
    FILE *f = fopen(path, "w");
    bool good = f;

    if (f) {
        if (header)
            oil_emit_source(oil, header, f);
        else
            oil_emit_header(oil, f);
        good = !ferror(f);
        good = fclose(f) == 0 && good;
    }
    if (!good) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        remove(path);
    }
    return good;
}

int main(int argc, char **argv)
{
    static struct oil oil;
    static char text[MOST_BYTES];
    const char *slash;
    size_t bytes;

    if (argc != 4) {
        fprintf(stderr, "usage: oil2c IN.oil OUT.h OUT.c\n");
        return 2;
    }
    if (!read_file(argv[1], text, &bytes))
        return 1;
    if (!oil_read(&oil, argv[1], text, bytes)) {
        fprintf(stderr, "%s\n", oil.error);
        return 1;
    }
    slash = strrchr(argv[2], '/');
    if (!write_file(&oil, argv[2], NULL) ||
        !write_file(&oil, argv[3], slash ? slash + 1 : argv[2])) {
        remove(argv[2]);
        return 1;
    }
    return 0;
}
