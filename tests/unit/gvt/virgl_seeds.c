/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the virgl fuzzer's seeds into a folder: one file for each rule of the table. */
#include <stdio.h>
#include <stdlib.h>

#include "legal.h"

int main(int argc, char **argv)
{
    uint32_t header, n = 0;

    for (const struct virgl_rule *rule; argc == 2 && (rule = legal_rule(n, &header)); n++) {
        uint8_t seed[LEGAL_SEED_BYTES];
        const uint32_t bytes = legal_seed(seed, rule, header);
        char name[64], path[4096];
        FILE *f;

        legal_seed_name(name, rule);
        snprintf(path, sizeof(path), "%s/%s", argv[1], name);
        f = fopen(path, "wb");
        if (!f || fwrite(seed, 1, bytes, f) != bytes || fclose(f)) {
            perror(path);
            return EXIT_FAILURE;
        }
    }
    return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
