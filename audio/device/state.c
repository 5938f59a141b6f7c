/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the file that outlives the process. */
#include "device/state.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/ring.h"
#include "device/ctl.h"
#include "device/jack.h"

static uint32_t head_crc(const struct state *s)
{
    return bn_crc32(0, s, offsetof(struct state, crc));
}

void state_clear(struct state *s, const struct card *card)
{
    s->magic = 0; /* a death in here leaves nothing that is taken for a state */
    atomic_signal_fence(memory_order_seq_cst);
    memset((uint8_t *)s + sizeof(s->magic), 0, sizeof(*s) - sizeof(s->magic));
    s->version = STATE_VERSION;
    s->bytes = sizeof(*s);
    s->playback = card->playback;
    s->capture = card->capture;
    s->volume[0] = s->volume[1] = CTL_VOLUME_MAX;
    s->on = 1;
    s->source = LINK_SOURCE_MICROPHONE;
    for (unsigned i = 0; i < CARD_JACKS; i++)
        s->jack_place[i] = jack_first_place(i);
    atomic_signal_fence(memory_order_seq_cst);
    s->magic = STATE_MAGIC;
    s->crc = head_crc(s);
}

static bool stream_sane(const struct state_stream *s)
{
    const enum pcm_state pcm = state_pcm(s);
    const uint64_t put = atomic_load_explicit(&s->put, memory_order_relaxed);

    if (pcm >= PCM_STATES)
        return false;
    if (pcm == PCM_IDLE)
        return true;
    if (pcm_check(&s->params) != VSND_S_OK)
        return false;
    return pcm == PCM_SET || pcm == PCM_RELEASED ||
           (s->ring_bytes == ring_size(s->params.buffer_bytes, pcm_frame_bytes(&s->params)) &&
            put < UINT64_MAX / 2 && put % pcm_frame_bytes(&s->params) == 0);
}

bool state_sane(const struct state *s, const struct card *card)
{
    if (s->magic != STATE_MAGIC || s->version != STATE_VERSION || s->bytes != sizeof(*s) ||
        s->playback != card->playback || s->capture != card->capture || s->crc != head_crc(s))
        return false;
    if (s->volume[0] > CTL_VOLUME_MAX || s->volume[1] > CTL_VOLUME_MAX || s->on > 1 ||
        s->source >= LINK_SOURCES || atomic_load(&s->control) > (STATE_CONTROL_SEEN | UINT16_MAX))
        return false;
    if (s->events.jacks >> card->jacks || s->events.xruns >> card_streams(card) ||
        s->events.periods >> card_streams(card))
        return false;
    for (unsigned i = 0; i < CARD_CONTROLS; i++)
        if (s->events.controls[i] & ~(i < card->controls ? VSND_CTL_EVT_VALUE : 0))
            return false;
    for (unsigned i = 0; i < CARD_JACKS; i++)
        if (s->jack_place[i] > UINT8_MAX)
            return false;
    for (unsigned i = 0; i < card_streams(card); i++)
        if (!stream_sane(&s->stream[i]))
            return false;
    return true;
}

int state_map(struct state **out, int fd, const struct card *card, bool *fresh)
{
    struct stat st;
    struct state *s;

    if (fstat(fd, &st) < 0 || ftruncate(fd, sizeof(*s)) < 0)
        return -errno;
    s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s == MAP_FAILED)
        return -errno;
    *fresh = st.st_size != sizeof(*s) || !state_sane(s, card);
    if (*fresh)
        state_clear(s, card);
    *out = s;
    return 0;
}

void state_unmap(struct state *s)
{
    if (s)
        munmap(s, sizeof(*s));
}
