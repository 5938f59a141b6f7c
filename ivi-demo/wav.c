/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns reading WAV files: the chunks of a mapped file. */
#include "wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct chunk {
    const uint8_t *data;
    uint32_t bytes;
};

static uint32_t get(const uint8_t *p, int bytes)
{
    uint32_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)p[i] << 8 * i;
    return value;
}

/* The next chunk of an area, which becomes what is behind it; false: there is none. A chunk is even
 * long, and ends with the area. */
static bool next_chunk(struct chunk *area, char id[4], struct chunk *found)
{
    uint32_t step;

    if (area->bytes < 8)
        return false;
    memcpy(id, area->data, 4);
    found->data = area->data + 8;
    found->bytes = get(area->data + 4, 4);
    if (found->bytes > area->bytes - 8)
        found->bytes = area->bytes - 8;
    step = 8 + found->bytes;
    step += step & 1 && step < area->bytes;
    area->data += step;
    area->bytes -= step;
    return true;
}

static void copy_text(char to[MEDIA_TEXT], struct chunk text)
{
    size_t n = 0;

    for (; n < text.bytes && n + 1 < MEDIA_TEXT && text.data[n]; n++)
        to[n] = text.data[n] < ' ' || text.data[n] > '~' ? '?' : (char)text.data[n];
    to[n] = 0;
}

static void read_info(struct media_title *about, struct chunk list)
{
    struct chunk text;
    char id[4];

    if (list.bytes < 4 || memcmp(list.data, "INFO", 4) != 0)
        return;
    list.data += 4;
    list.bytes -= 4;
    while (next_chunk(&list, id, &text)) {
        if (memcmp(id, "INAM", 4) == 0)
            copy_text(about->title, text);
        else if (memcmp(id, "IART", 4) == 0)
            copy_text(about->artist, text);
        else if (memcmp(id, "IPRD", 4) == 0)
            copy_text(about->album, text);
    }
}

static bool format_is_ours(struct chunk format)
{
    return format.bytes >= 16 && get(format.data, 2) == 1 && get(format.data + 2, 2) == 2 &&
           get(format.data + 4, 4) == MEDIA_RATE && get(format.data + 14, 2) == 16;
}

static int read_chunks(struct wav *w)
{
    struct chunk area = {w->mapped, (uint32_t)w->mapped_bytes}, found;
    bool format = false;
    char id[4];

    if (area.bytes < 12 || memcmp(area.data, "RIFF", 4) != 0 ||
        memcmp(area.data + 8, "WAVE", 4) != 0)
        return -EINVAL;
    area.data += 12;
    area.bytes -= 12;
    while (next_chunk(&area, id, &found)) {
        if (memcmp(id, "fmt ", 4) == 0)
            format = format_is_ours(found);
        else if (memcmp(id, "LIST", 4) == 0)
            read_info(&w->about, found);
        else if (memcmp(id, "data", 4) == 0 && !w->sample) {
            w->sample = (const int16_t *)(const void *)found.data; /* even: see next_chunk() */
            w->frames = found.bytes / 4;
        }
    }
    w->about.seconds = (double)w->frames / MEDIA_RATE;
    return format && w->sample && w->frames ? 0 : -EINVAL;
}

int wav_open(struct wav *w, const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat s;
    int rc = 0;

    memset(w, 0, sizeof(*w));
    snprintf(w->about.title, sizeof(w->about.title), "%.*s", (int)strcspn(name, "."), name);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &s) < 0)
        rc = -errno;
    else if (s.st_size <= 0 || s.st_size > INT32_MAX)
        rc = -EINVAL;
    if (rc == 0) {
        w->mapped_bytes = (size_t)s.st_size;
        w->mapped = mmap(NULL, w->mapped_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (w->mapped == MAP_FAILED) {
            w->mapped = NULL;
            rc = -errno;
        }
    }
    close(fd);
    if (rc == 0)
        rc = read_chunks(w);
    if (rc < 0)
        wav_close(w);
    return rc;
}

void wav_close(struct wav *w)
{
    if (w->mapped)
        munmap(w->mapped, w->mapped_bytes);
    w->mapped = NULL;
    w->sample = NULL;
}
