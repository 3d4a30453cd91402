"""One step of a search without cache or batch: what the searches of the library are compared with."""

import torch


def grown(model, source, beam, bos_id):
    """Every beginning of the beam with every next token: [(ids, log probability)], the likeliest first."""
    candidates = []
    for ids, log_p in beam:
        with torch.no_grad():
            logits = model(source[None], torch.tensor([[bos_id, *ids]]))[0, -1].double()
        candidates += [((*ids, i), log_p + g) for i, g in enumerate(logits.log_softmax(-1).tolist())]
    return sorted(candidates, key=lambda candidate: -candidate[1])
