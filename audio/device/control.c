/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the control queue: reading requests, finding who answers, writing answers. */
#include "device/control.h"

#include <string.h>

#include "device/ctl.h"
#include "device/event.h"
#include "device/jack.h"
#include "device/pcm.h"

#define ITEM_MAX 256u /* bytes of an item that a driver may ask for */

union item {
    struct vsnd_jack_info jack;
    struct vsnd_pcm_info pcm;
    struct vsnd_chmap_info chmap;
    struct vsnd_ctl_info ctl;
    uint8_t bytes[ITEM_MAX];
};

static void jack_item(const struct audio *a, unsigned id, union item *to)
{
    jack_info(a, id, &to->jack);
}
static void pcm_item(const struct audio *a, unsigned id, union item *to)
{
    card_pcm_info(&a->card, id, &to->pcm);
}
static void chmap_item(const struct audio *a, unsigned id, union item *to)
{
    card_chmap_info(&a->card, id, &to->chmap);
}
static void ctl_item(const struct audio *a, unsigned id, union item *to)
{
    ctl_info(a, id, &to->ctl);
}

/*
 * §5.14.6.1. A driver of another version may have a smaller or larger structure for an item: it
 * gets what fits into its own, the rest is 0.
 */
static uint32_t query(struct audio *a, const struct vsnd_query *q, size_t got, uint32_t total,
                      void (*describe)(const struct audio *a, unsigned id, union item *to),
                      size_t *bytes)
{
    const uint64_t all = (uint64_t)q->count * q->size;

    if (got < sizeof(*q) || q->start > total || q->count > total - q->start || q->size == 0 ||
        q->size > ITEM_MAX || a->request.writable_bytes < sizeof(uint32_t) + all)
        return VSND_S_BAD_MSG;
    for (uint32_t i = 0; i < q->count; i++) {
        union item item;

        memset(&item, 0, sizeof(item));
        describe(a, q->start + i, &item);
        (void)chain_write(&a->request, sizeof(uint32_t) + (size_t)i * q->size, &item, q->size);
    }
    *bytes = (size_t)all;
    return VSND_S_OK;
}

static uint32_t control_element(struct audio *a, const union vsnd_request *r, size_t got,
                                size_t *bytes)
{
    uint8_t answer[CTL_ANSWER_MAX];
    const size_t room = a->request.writable_bytes - sizeof(uint32_t);
    uint32_t status;

    if (!(a->vhost.features & VSND_F_CTLS))
        return VSND_S_NOT_SUPP;
    if (r->code == VSND_R_CTL_INFO)
        return query(a, &r->query, got, a->card.controls, ctl_item, bytes);
    status = ctl_request(a, r, got, answer, room < sizeof(answer) ? room : sizeof(answer), bytes);
    if (status == VSND_S_OK)
        (void)chain_write(&a->request, sizeof(uint32_t), answer, *bytes);
    return status;
}

/* The status; behind it in the answer *bytes of payload have been written. */
static uint32_t carry_out(struct audio *a, const union vsnd_request *r, size_t got, bool again,
                          size_t *bytes)
{
    switch (r->code) {
    case VSND_R_JACK_INFO:
        return query(a, &r->query, got, a->card.jacks, jack_item, bytes);
    case VSND_R_JACK_REMAP:
        return got < sizeof(r->remap) ? VSND_S_BAD_MSG : jack_remap(a, &r->remap);
    case VSND_R_PCM_INFO:
        return query(a, &r->query, got, card_streams(&a->card), pcm_item, bytes);
    case VSND_R_PCM_SET_PARAMS:
    case VSND_R_PCM_PREPARE:
    case VSND_R_PCM_RELEASE:
    case VSND_R_PCM_START:
    case VSND_R_PCM_STOP:
        return pcm_request(a, r, got, vu_queue(&a->vhost, VSND_QUEUE_CONTROL)->used_idx, again);
    case VSND_R_CHMAP_INFO:
        return query(a, &r->query, got, card_chmaps(&a->card), chmap_item, bytes);
    case VSND_R_CTL_INFO:
    case VSND_R_CTL_ENUM_ITEMS:
    case VSND_R_CTL_READ:
    case VSND_R_CTL_WRITE:
    case VSND_R_CTL_TLV_READ:
    case VSND_R_CTL_TLV_WRITE:
    case VSND_R_CTL_TLV_COMMAND:
        return control_element(a, r, got, bytes);
    default:
        return VSND_S_BAD_MSG;
    }
}

static void answer(struct audio *a, struct virtq *vq)
{
    union vsnd_request r;
    const size_t got = chain_read(&a->request, 0, &r, sizeof(r));
    const bool again = a->replay && vq->used_idx == a->replay_at;
    uint32_t status = VSND_S_BAD_MSG;
    size_t bytes = 0;

    a->replay = false;
    a->n.requests++;
    /* the index first: a successor must know that this request may have been carried out */
    atomic_store(&a->state->control, STATE_CONTROL_SEEN | vq->used_idx);
    if (a->request.writable_bytes < sizeof(status)) {
        a->n.refused++; /* nowhere to say so */
        virtq_push(vq, a->request.head, 0);
        return;
    }
    if (got >= sizeof(r.code))
        status = carry_out(a, &r, got, again, &bytes);
    a->n.refused += status != VSND_S_OK;
    (void)chain_write(&a->request, 0, &status, sizeof(status));
    virtq_push(vq, a->request.head, (uint32_t)(sizeof(status) + bytes));
}

/* Front ends start the control queue first: buffers that are still in flight from before have not
 * got their queue yet, and no request may end their streams until then. */
static bool waits_for_buffers(const struct audio *a)
{
    for (unsigned i = 0; i < 2; i++)
        if (!a->vhost.queue[VSND_QUEUE_TX + i].running && flight_recorded(&a->flight[i]))
            return true;
    return false;
}

void control_process(struct audio *a)
{
    struct virtq *vq = vu_queue(&a->vhost, VSND_QUEUE_CONTROL);

    if (!vu_queue_running(&a->vhost, VSND_QUEUE_CONTROL) || waits_for_buffers(a))
        return;
    while (virtq_pop(vq, &a->request) == 1)
        answer(a, vq);
    vu_notify(&a->vhost, VSND_QUEUE_CONTROL);
    event_deliver(a);
}

bool control_adopt(struct audio *a)
{
    const struct virtq *vq = vu_queue(&a->vhost, VSND_QUEUE_CONTROL);
    const uint32_t seen = atomic_load(&a->state->control);
    const uint16_t at = (uint16_t)seen;
    const uint16_t offered = __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE);

    a->replay = false;
    if (!(seen & STATE_CONTROL_SEEN) || (uint16_t)(offered - vq->used_idx) > vq->size)
        return false;
    /* begun at `at`: answered by now, or not */
    if (vq->used_idx != at && vq->used_idx != (uint16_t)(at + 1))
        return false;
    a->replay = vq->used_idx == at;
    a->replay_at = at;
    return true;
}
