/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mapping of the status file and what is written there. */
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int status_init(struct status *s, const char *path, const struct engine *e, const struct links *l,
                unsigned quantum)
{
    struct bn_sound_status *f;
    int fd, rc = 0;
    void *p = MAP_FAILED;

    *s = (struct status){.engine = e, .links = l};
    if (!path)
        return 0;
    (void)unlink(path); /* who has the old one mapped keeps it */
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, sizeof(*f)) == 0)
        p = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        rc = -errno;
    (void)close(fd);
    if (rc)
        return rc;
    f = p;
    *f = (struct bn_sound_status){.version = BN_SOUND_STATUS_VERSION,
                                  .pid = (uint32_t)getpid(),
                                  .rate = GRAPH_RATE,
                                  .quantum = quantum,
                                  .vms = e->mixer.policy.vms};
    for (unsigned vm = 0; vm < f->vms; vm++)
        memcpy(f->vm[vm].name, e->mixer.policy.vm[vm].name, sizeof(f->vm[vm].name));
    s->file = f;
    __atomic_store_n(&f->magic, BN_SOUND_STATUS_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

void status_finish(struct status *s)
{
    if (s->file)
        (void)munmap((void *)(uintptr_t)s->file, sizeof(*s->file));
    s->file = NULL;
}

static int16_t centibel(float level)
{
    return level > 1e-6f ? (int16_t)lrintf(200.0f * log10f(level)) : POLICY_SILENT;
}

static void update_stream(volatile struct bn_sound_stream *to, const struct stream *s,
                          const struct mixer *m)
{
    const int state = atomic_load_explicit(&s->state, memory_order_relaxed);

    to->vm = (uint8_t)s->vm;
    to->stream = (uint8_t)s->number;
    to->state = (uint8_t)state;
    if (!s->capture) {
        const struct strip *strip = &m->strip[s->strip];

        to->role = strip->role;
        to->gain_centibel = centibel(strip->gain.now * strip->gate.now);
        to->peak_centibel = centibel(strip->peak);
    }
    if (state == STREAM_CLOSED)
        return;
    to->rate = s->format.rate;
    to->format = s->format.format;
    to->channels = s->format.channels;
    to->xruns = s->feed.xruns;
    to->missing = s->feed.missing;
    to->frames = s->feed.frame_bytes ? s->feed.count / s->feed.frame_bytes : 0;
}

static void update_policy(volatile struct bn_sound_status *f, const struct policy *p)
{
    for (unsigned role = 0; role < BN_SOUND_ROLES; role++)
        for (unsigned above = 0; above < BN_SOUND_ROLES; above++) {
            const struct policy_rule *r = &p->rule[role][above];

            f->rule[role][above].centibel = r->centibel;
            f->rule[role][above].attack_ms = r->attack_ms;
            f->rule[role][above].release_ms = r->release_ms;
            f->rule[role][above].exclusive = r->exclusive;
        }
    for (unsigned vm = 0; vm < p->vms; vm++) {
        f->vm[vm].gain_centibel = p->vm[vm].gain_centibel;
        f->vm[vm].muted = p->vm[vm].muted;
    }
}

void status_update(struct status *s)
{
    volatile struct bn_sound_status *f = s->file;
    const struct engine *e = s->engine;
    const struct spa_io_position *p = e->node.position;
    unsigned streams = 0;

    if (!f)
        return;
    f->audible = atomic_load(&e->audible);
    f->cycles = atomic_load(&e->cycles);
    f->ceiling_centibel = centibel(e->mixer.ceiling.now);
    f->limited_centibel = centibel(e->mixer.limiter.gain);
    f->delay = p && p->clock.delay > 0 ? (uint32_t)p->clock.delay : 0;
    f->card_missed = p ? p->clock.xrun : 0;
    f->torn = e->requests.torn;
    f->chime.acknowledged = e->requests.status.acknowledged;
    f->chime.refused = e->requests.status.refused;
    f->chime.played = e->requests.status.played;
    f->chime.worst_us = e->requests.status.worst_us;
    update_policy(f, &e->mixer.policy);
    for (unsigned i = 0; i < s->links->guests; i++) {
        const struct guest *g = &s->links->guest[i];

        f->vm[g->vm].linked = g->socket >= 0 && g->greeted;
        for (unsigned k = 0; k < g->streams && streams < BN_SOUND_STREAMS; k++)
            update_stream(&f->stream[streams++], &g->stream[k], &e->mixer);
    }
    f->streams = streams;
}

void status_card(struct status *s, const char name[BN_NAME_BYTES])
{
    for (unsigned i = 0; s->file && i < sizeof(s->file->card); i++)
        s->file->card[i] = name[i];
}
