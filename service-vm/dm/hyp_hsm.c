/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the VM over Linux's HSM driver, /dev/acrn_hsm: creation, memory, I/O requests, interrupts.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest_mem.h"
#include "hyp.h"
#include "layout.h"
#include "log.h"

#define DEVICE    "/dev/acrn_hsm"
#define CR0_START 0x31u /* PE, ET, NE */
#define CS_FLAT32 0xC09Bu

/* HSM keeps 256 mappings of a VM (ACRN_MEM_MAPPING_MAX): half of them for its memory. */
#define MEMORY_PIECES 128
#define PIECE_LEAST   (8 * GUEST_MEM_PAGE)

/* SET_IRQLINE's argument: line, and what happens to it */
#define IRQLINE_SET   0ull
#define IRQLINE_CLEAR 1ull

struct hyp {
    int fd;
    struct hyp_config config;
    struct acrn_io_request_buffer *requests; /* one page, shared with the hypervisor */
    unsigned vcpus;
    uint16_t vmid;
    pthread_t thread;
    bool running;
    _Atomic bool stop;
};

static int call(const struct hyp *h, unsigned long request, const void *argument)
{
    return ioctl(h->fd, request, argument) < 0 ? -errno : 0;
}

static void kick(int signal)
{
    (void)signal; /* only to leave the ioctl */
}

/*
 * Before the client is destroyed: HSM wakes who waits in ACRN_IOCTL_ATTACH_IOREQ_CLIENT and at once
 * frees what that one is waiting on (Linux 6.12, acrn_ioreq_client_destroy). A signal that comes
 * just before the ioctl is lost, so another follows.
 */
static void end_thread(struct hyp *h)
{
    struct timespec t;

    h->stop = true;
    do {
        (void)pthread_kill(h->thread, SIGUSR1);
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += 1000000;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
    } while (pthread_timedjoin_np(h->thread, NULL, &t) == ETIMEDOUT);
}

static void destroy(struct hyp *h)
{
    if (h->running) {
        end_thread(h);
        (void)ioctl(h->fd, ACRN_IOCTL_DESTROY_IOREQ_CLIENT, 0);
    }
    if (h->fd >= 0)
        close(h->fd); /* destroys the VM */
    if (h->requests != MAP_FAILED)
        munmap(h->requests, sizeof(*h->requests));
    free(h);
}

static int create(struct hyp **out, const struct hyp_config *config)
{
    struct acrn_vm_creation creation = {.vcpu_num = (uint16_t)config->vcpus,
                                        .cpu_affinity = config->cpu_affinity};
    struct hyp *h = calloc(1, sizeof(*h));
    int rc = 0;

    if (!h)
        return -ENOMEM;
    h->config = *config;
    h->requests = mmap(NULL, sizeof(*h->requests), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    h->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (h->fd < 0 || h->requests == MAP_FAILED) {
        rc = -errno;
        log_line("%s: %s", DEVICE, strerror(errno));
        goto fail;
    }
    memcpy(creation.uuid, config->uuid, sizeof(creation.uuid));
    creation.ioreq_buf = (uintptr_t)h->requests;
    rc = call(h, ACRN_IOCTL_CREATE_VM, &creation);
    if (rc < 0) {
        log_line("the hypervisor does not create the VM (no such uuid in the scenario, or it "
                 "exists already)");
        goto fail;
    }
    h->vmid = creation.vmid;
    h->vcpus = creation.vcpu_num;
    rc = call(h, ACRN_IOCTL_CREATE_IOREQ_CLIENT, NULL);
    if (rc < 0)
        goto fail;
    *out = h;
    return 0;
fail:
    destroy(h);
    return rc;
}

static int map(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes, uint32_t rights)
{
    struct acrn_vm_memmap m = {.type = ACRN_MEMMAP_RAM,
                               .attr = rights,
                               .user_vm_pa = gpa,
                               .vma_base = (uintptr_t)host,
                               .len = bytes};

    return call(h, ACRN_IOCTL_SET_MEMSEG, &m);
}

/* Bytes a piece of the guest's memory has: a multiple of a page. */
static uint64_t piece_bytes(const struct guest_mem *mem)
{
    uint64_t share = (mem->low + mem->high) / MEMORY_PIECES;

    share = (share + GUEST_MEM_PAGE - 1) / GUEST_MEM_PAGE * GUEST_MEM_PAGE;
    return share > PIECE_LEAST ? share : PIECE_LEAST;
}

/*
 * In pieces, because Linux's HSM lets go of each in one go when the device model dies, without
 * a look at who else wants its CPU: for 512 MiB that is 5 ms in which the sound service did not
 * run.
 */
static int map_memory(struct hyp *h, const struct guest_mem *mem)
{
    uint64_t piece = piece_bytes(mem);
    int rc = 0;

    for (unsigned i = 0; i < mem->map.count; i++) {
        const struct vq_region *r = &mem->map.region[i];

        for (uint64_t at = 0; at < r->bytes && rc == 0; at += piece) {
            uint64_t bytes = r->bytes - at < piece ? r->bytes - at : piece;

            rc = map(h, r->gpa + at, (char *)r->hva + at, bytes, ACRN_MEM_ACCESS_RWX);
        }
    }
    return rc;
}

static int map_shared(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes, bool writable)
{
    return map(h, gpa, host, bytes,
               writable ? ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_WRITE : ACRN_MEM_ACCESS_READ);
}

static int map_rom(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes)
{
    return map(h, gpa, host, bytes, ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_EXEC);
}

static int set_cpu(struct hyp *h, const struct cpu_state *s)
{
    struct acrn_vcpu_regs r = {.vcpu_id = 0};
    struct acrn_regs *g = &r.vcpu_regs;

    g->gprs.rax = s->eax;
    g->gprs.rbx = s->ebx;
    g->gprs.rsi = s->esi;
    g->rip = s->eip;
    g->rflags = 2;
    g->cr0 = CR0_START;
    g->gdt.base = BOOT_GDT;
    g->gdt.limit = 4 * 8 - 1;
    g->cs_sel = 0x10;
    g->cs_ar = CS_FLAT32;
    g->cs_limit = UINT32_MAX;
    g->ds_sel = g->es_sel = g->ss_sel = g->fs_sel = g->gs_sel = 0x18;
    return call(h, ACRN_IOCTL_SET_VCPU_REGS, &r);
}

/* One request of a vCPU: to the devices and back into the slot. */
static void serve(struct hyp *h, struct acrn_io_request *r)
{
    struct io_access a = {.space = ACCESS_PIO};

    /* The slot is in memory that the hypervisor writes: take each member once. */
    switch (r->type) {
    case ACRN_IOREQ_TYPE_MMIO:
        a.space = ACCESS_MMIO;
        a.write = r->reqs.mmio_request.direction == ACRN_IOREQ_DIR_WRITE;
        a.address = r->reqs.mmio_request.address;
        a.bytes = (unsigned)r->reqs.mmio_request.size;
        a.value = r->reqs.mmio_request.value;
        break;
    case ACRN_IOREQ_TYPE_PCICFG:
        a.space = ACCESS_PCI;
        a.write = r->reqs.pci_request.direction == ACRN_IOREQ_DIR_WRITE;
        a.address = (uint64_t)r->reqs.pci_request.bus << 16 | (r->reqs.pci_request.dev & 31) << 11 |
                    (r->reqs.pci_request.func & 7) << 8;
        a.reg = r->reqs.pci_request.reg & 0xFFF;
        a.bytes = (unsigned)r->reqs.pci_request.size;
        a.value = r->reqs.pci_request.value;
        break;
    default:
        a.write = r->reqs.pio_request.direction == ACRN_IOREQ_DIR_WRITE;
        a.address = r->reqs.pio_request.address;
        a.bytes = (unsigned)r->reqs.pio_request.size;
        a.value = r->reqs.pio_request.value;
        break;
    }
    if (a.bytes != 1 && a.bytes != 2 && a.bytes != 4 && a.bytes != 8)
        a.value = UINT64_MAX; /* no such access: nobody is asked */
    else
        h->config.access(h->config.priv, &a);
    if (a.write)
        return;
    if (r->type == ACRN_IOREQ_TYPE_MMIO)
        r->reqs.mmio_request.value = a.value;
    else if (r->type == ACRN_IOREQ_TYPE_PCICFG)
        r->reqs.pci_request.value = (uint32_t)a.value;
    else
        r->reqs.pio_request.value = (uint32_t)a.value;
}

static void *serve_requests(void *arg)
{
    struct hyp *h = arg;

    while (!h->stop) {
        if (ioctl(h->fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT, 0) < 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        for (unsigned i = 0; i < h->vcpus && i < ACRN_IO_REQUEST_MAX; i++) {
            struct acrn_io_request *r = &h->requests->req_slot[i];
            struct acrn_ioreq_notify done = {.vmid = h->vmid, .vcpu = i};

            if (__atomic_load_n(&r->processed, __ATOMIC_ACQUIRE) != ACRN_IOREQ_STATE_PROCESSING ||
                r->kernel_handled)
                continue;
            serve(h, r);
            if (ioctl(h->fd, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, &done) < 0)
                log_line("request of vCPU %u cannot be completed: %s", i, strerror(errno));
        }
    }
    return NULL;
}

static int start(struct hyp *h)
{
    const struct sigaction action = {.sa_handler = kick};
    int rc = sigaction(SIGUSR1, &action, NULL) < 0 ? -errno : 0;

    if (rc == 0)
        rc = -pthread_create(&h->thread, NULL, serve_requests, h);
    if (rc < 0)
        return rc;
    h->running = true;
    return call(h, ACRN_IOCTL_START_VM, NULL);
}

static int irq_line(struct hyp *h, unsigned gsi, bool asserted)
{
    uint64_t op = gsi | (asserted ? IRQLINE_SET : IRQLINE_CLEAR) << 32;

    return ioctl(h->fd, ACRN_IOCTL_SET_IRQLINE, op) < 0 ? -errno : 0;
}

static int msi(struct hyp *h, uint64_t address, uint32_t data)
{
    struct acrn_msi_entry e = {address, data};

    return call(h, ACRN_IOCTL_INJECT_MSI, &e);
}

static int irqfd(struct hyp *h, int fd, uint64_t address, uint32_t data, bool add)
{
    struct acrn_irqfd i = {
        .fd = fd, .flags = add ? 0 : ACRN_IRQFD_FLAG_DEASSIGN, .msi = {address, data}};

    return call(h, ACRN_IOCTL_IRQFD, &i);
}

static int ioeventfd(struct hyp *h, int fd, uint64_t address, uint32_t bytes, bool add)
{
    struct acrn_ioeventfd e = {.fd = (uint32_t)fd,
                               .flags = add ? 0 : ACRN_IOEVENTFD_FLAG_DEASSIGN,
                               .addr = address,
                               .len = bytes};

    return call(h, ACRN_IOCTL_IOEVENTFD, &e);
}

static int assign(struct hyp *h, uint16_t place, uint16_t bdf)
{
    struct acrn_pcidev device = {.virt_bdf = place, .phys_bdf = bdf};

    return call(h, ACRN_IOCTL_ASSIGN_PCIDEV, &device);
}

const struct hyp_ops hyp_hsm = {.create = create,
                                .map_memory = map_memory,
                                .map_shared = map_shared,
                                .map_rom = map_rom,
                                .set_cpu = set_cpu,
                                .start = start,
                                .irq_line = irq_line,
                                .msi = msi,
                                .irqfd = irqfd,
                                .ioeventfd = ioeventfd,
                                .assign = assign,
                                .destroy = destroy};
