/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what firmware looks for of a Q35 machine: the host bridge by whose id OVMF knows its board,
 * and the LPC bridge that tells where the ACPI registers are (Intel 316972-004 §13). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "layout.h"

#define INTEL    0x8086
#define MCH      0x29C0
#define ICH9_LPC 0x2918

#define PCIEXBAR 0x60 /* of the host bridge: 8 bytes; ECAM does not follow it */

/* of the LPC bridge */
#define PMBASE    0x40
#define PMBASE_IO 1u
#define ACPI_CNTL 0x44
#define ACPI_EN   0x80u
#define PIRQ_A    0x60 /* A to D, E to H at 68h: routes of lines that nothing here has */
#define PIRQ_E    0x68
#define RCBA      0xF0

struct q35 {
    struct pci_function lpc;
};

static const struct pci_ops ops;

int q35_create(struct q35 **out, struct machine *m, unsigned slot)
{
    struct q35 *q = calloc(1, sizeof(*q));
    struct pci_function *host = &m->pci.host;
    int rc;

    if (!q)
        return -ENOMEM;
    pci_put16(host->config, INTEL);
    pci_put16(host->config + 2, MCH);
    memset(host->writable + PCIEXBAR, 0xFF, 8);
    pci_function_init(&q->lpc, "LPC bridge", &ops, INTEL, ICH9_LPC, 0x060100);
    pci_put32(q->lpc.config + PMBASE, PORT_PM | PMBASE_IO);
    q->lpc.config[ACPI_CNTL] = ACPI_EN;
    q->lpc.config[PCI_COMMAND] = PCI_CMD_IO | PCI_CMD_MEMORY | PCI_CMD_MASTER; /* always */
    q->lpc.writable[PCI_COMMAND] = 0;
    memset(q->lpc.writable + PIRQ_A, 0x8F, 4);
    memset(q->lpc.writable + PIRQ_E, 0x8F, 4);
    memset(q->lpc.writable + RCBA, 0xFF, 4);
    rc = pci_add(&m->pci, slot, &q->lpc);
    if (rc < 0) {
        free(q);
        return rc;
    }
    *out = q;
    return 0;
}

void q35_destroy(struct q35 *q)
{
    free(q);
}
