/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns binnacle-compose, which makes the music of the IVI at build time: a WAV file (RIFF; 48 kHz,
 * stereo, 16 bits) that says in its INFO list what it is, whose it is, and under which licence.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "piece.h"

#define PEAK    0.7 /* -3 dB */
#define LICENCE "(c) The Binnacle authors, BSD-3-Clause"

static void put(FILE *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        fputc((int)(value >> 8 * i & 255), out);
}

static uint32_t text_bytes(const char *text)
{
    return (uint32_t)(strlen(text) + 2) & ~1u; /* with a zero, and even */
}

static void put_text(FILE *out, const char *id, const char *text)
{
    fwrite(id, 1, 4, out);
    put(out, (uint32_t)strlen(text) + 1, 4);
    fwrite(text, 1, strlen(text), out);
    for (size_t i = strlen(text); i < text_bytes(text); i++)
        fputc(0, out);
}

static void put_header(FILE *out, const struct piece *p, uint32_t frames)
{
    const uint32_t list = 4 + 4 * 8 + text_bytes(p->title) + text_bytes(p->artist) +
                          text_bytes(p->album) + text_bytes(LICENCE);

    fputs("RIFF", out);
    put(out, 4 + 24 + 8 + list + 8 + frames * 4, 4);
    fputs("WAVEfmt ", out);
    put(out, 16, 4);
    put(out, 1, 2); /* PCM */
    put(out, 2, 2);
    put(out, SYNTH_RATE, 4);
    put(out, SYNTH_RATE * 4, 4);
    put(out, 4, 2);
    put(out, 16, 2);
    fputs("LIST", out);
    put(out, list, 4);
    fputs("INFO", out);
    put_text(out, "INAM", p->title);
    put_text(out, "IART", p->artist);
    put_text(out, "IPRD", p->album);
    put_text(out, "ICOP", LICENCE);
    fputs("data", out);
    put(out, frames * 4, 4);
}

static int write_wav(const char *path, const struct piece *p, const struct mix *m)
{
    FILE *out = fopen(path, "wb");
    bool bad;

    if (!out)
        return -errno;
    put_header(out, p, m->frames);
    for (uint32_t i = 0; i < m->frames; i++) {
        put(out, (uint16_t)lround(m->left[i] * 32767), 2);
        put(out, (uint16_t)lround(m->right[i] * 32767), 2);
    }
    bad = ferror(out) != 0;
    return fclose(out) != 0 || bad ? -EIO : 0;
}

int main(int argc, char **argv)
{
    const long n = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    struct mix m = {0};
    int rc;

    if (n < 1 || n > PIECES) {
        fprintf(stderr, "usage: binnacle-compose 1..%d FILE.wav\n", PIECES);
        return 2;
    }
    rc = mix_init(&m, piece_seconds(&pieces[n - 1]));
    if (rc == 0)
        rc = piece_play(&pieces[n - 1], &m);
    if (rc == 0)
        rc = synth_room(&m, pieces[n - 1].room);
    if (rc == 0) {
        synth_level(&m, PEAK);
        rc = write_wav(argv[2], &pieces[n - 1], &m);
    }
    mix_finish(&m);
    if (rc)
        fprintf(stderr, "compose: %s: %s\n", argv[2], strerror(-rc));
    return rc ? 1 : 0;
}
