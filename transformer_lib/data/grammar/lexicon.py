"""The lexicon of the grammar: each word in English and French, with its semantic tags.

Tags are semantic classes of nouns; verbs and adjectives name the tags that they accept (selectional restrictions), so
that nobody eats a door.
"""

from __future__ import annotations

from functools import cache

from transformer_lib.data.grammar.entries import Adjective, Noun, Verb, adjective, entries, noun, verb

# english, english plural (- for none), french/feminine partner, gender, tags
_NOUNS = """
man men homme m person adult
woman women femme f person adult
boy boys garçon m person young
girl girls fille f person young
child children enfant m person young owned
teacher teachers professeur m person adult owned
doctor doctors médecin m person adult owned
friend friends ami/amie m person relation
neighbour neighbours voisin/voisine m person relation
brother brothers frère m person family
sister sisters sœur f person family
mother - mère f person family
father - père m person family
dog dogs chien m animal seen given
cat cats chat m animal seen given
bird birds oiseau m animal seen
book books livre m thing text seen written given opened renown
letter letters lettre f thing text written opened
story stories histoire f thing text written renown
car cars voiture f thing seen coloured bought inside
train trains train m thing seen coloured inside
house houses maison f thing seen coloured bought place inside
school schools école f thing seen place goal inside renown
hotel hotels hôtel m thing seen place goal inside renown
shop shops magasin m thing seen place goal inside opened
garden gardens jardin m thing seen place goal inside
tree trees arbre m thing seen place
door doors porte f thing seen coloured opened
window windows fenêtre f thing seen opened
table tables table f thing seen coloured bought surface
hat hats chapeau m thing seen coloured given
gift gifts cadeau m thing given opened
apple apples pomme f thing seen given eaten fruit
cake cakes gâteau m thing seen given eaten
orange oranges orange f thing seen given eaten
"""

# english, french, gender, tags: no plural, no article in English
_MASSES = """
reading lecture f loved
music musique f loved
coffee café m loved drunk bought
tea thé m loved drunk bought
water eau f drunk
bread pain m loved eaten bought
chocolate chocolat m loved eaten bought given
"""

# english, masculine (or m/f/mp/fp), tags; a star: before the noun; a form after +: before a masculine vowel
_ADJECTIVES = """
*big grand family animal coloured fruit place given opened
*small petit family thing animal young
*good bon/bonne/bons/bonnes text eaten relation goal
*old vieux/vieille/vieux/vieilles+vieil adult relation animal text coloured place opened
*young jeune adult animal
*new nouveau/nouvelle/nouveaux/nouvelles+nouvel text coloured goal relation
*beautiful beau/belle/beaux/belles+bel adult young relation animal thing
red rouge coloured fruit bird
blue bleu coloured bird
green vert coloured fruit
white blanc/blanche/blancs/blanches coloured animal
black noir coloured animal
interesting intéressant text
expensive cher/chère/chers/chères bought given hotel shop
happy heureux/heureuse/heureux/heureuses adult young relation
sad triste adult young text
tired fatigué adult young relation
famous célèbre adult renown
kind gentil/gentille/gentils/gentilles adult young relation
"""

# Predicates of a person: not used before a noun, or translated otherwise there.
_STATES = """
happy content
sad triste
tired fatigué
kind gentil/gentille/gentils/gentilles
busy occupé
ill malade
ready prêt
alone seul
young jeune
famous célèbre
beautiful beau/belle/beaux/belles
old vieux/vieille/vieux/vieilles
"""

# base, third, past, present in five forms or an -er stem, then the past: participle, être+participle, or stem+
_VERBS = """
like likes liked aim- aim+ loves
love loves loved aim- aim+ loves
adore adores adored ador- ador+ loves
have has had ai,as,a,avons,ont av+ owns
write writes wrote écris,écris,écrit,écrivons,écrivent écrit written habit gives
buy buys bought achète,achètes,achète,achetons,achètent acheté bought habit
eat eats ate mange,manges,mange,mangeons,mangent mangé eaten habit
drink drinks drank bois,bois,boit,buvons,boivent bu drunk habit
see sees saw vois,vois,voit,voyons,voient vu sees
receive receives received reçois,reçois,reçoit,recevons,reçoivent reçu receives habit
open opens opened ouvr- ouvert opened
give gives gave donn- donné given gives habit
sleep sleeps slept dors,dors,dort,dormons,dorment dormi alone habit
work works worked travaill- travaillé alone habit
sing sings sang chant- chanté alone habit
arrive arrives arrived arriv- être+arrivé comes
leave leaves left pars,pars,part,partons,partent être+parti comes
go goes went vais,vas,va,allons,vont être+allé goes habit
speak speaks spoke parl- parlé speaks habit
say says said dis,dis,dit,disons,disent dit reports
think thinks thought pens- pens+ reports
be is was suis,es,est,sommes,sont ét+ is
"""

NAMES = {"sally": True, "anna": True, "emma": True, "paul": False, "tom": False, "arthur": False}


NOUNS: dict[str, tuple[Noun, bool]] = {}  # the English form, and whether it is plural
for _english, _more, _french, _gender, *_tags in entries(_NOUNS):
    _entry = noun(_english, _french, _gender, _tags)
    NOUNS |= {_english: (_entry, False)} | ({_more: (_entry, True)} if _more != "-" else {})
MASSES = {english: noun(english, french, gender, tags) for english, french, gender, *tags in entries(_MASSES)}
ADJECTIVES = {entry[0].lstrip("*"): adjective(*entry) for entry in entries(_ADJECTIVES)}
STATES = {entry[0]: adjective(*entry) for entry in entries(_STATES)}
VERBS = {entry[0]: verb(*entry) for entry in entries(_VERBS)}
OLDER = Adjective("older", ("âgé", "âgée", "âgés", "âgées"), frozenset())
BE, HAVE = VERBS["be"], VERBS["have"]


@cache
def nouns(tags: str, described: tuple[str, ...] = (), number: str = "") -> dict[str, tuple[Noun, bool]]:
    """The English nouns with one of these tags, that the adjectives go with, in one number or both."""
    return {
        english: (noun, plural)
        for english, (noun, plural) in NOUNS.items()
        if noun.tags & set(tags.split())
        and all(noun.tags & ADJECTIVES[adjective].tags for adjective in described)
        and number in ("", "plural" if plural else "singular")
    }


@cache
def adjectives(tags: str, number: str = "", first: str = "") -> dict[str, Adjective]:
    """The adjectives that go with a noun with one of these tags; after a `first` one, those that follow the noun."""
    before = (first,) if first else ()
    return {
        english: adjective
        for english, adjective in ADJECTIVES.items()
        if not (first and adjective.before) and nouns(tags, (*before, english), number)
    }


@cache
def masses(tags: str) -> dict[str, Noun]:
    """The nouns without plural that have one of these tags."""
    return {english: noun for english, noun in MASSES.items() if noun.tags & set(tags.split())}


@cache
def verbs(tags: str) -> dict[str, Verb]:
    """The verbs with one of these tags, by their base form."""
    return {base: verb for base, verb in VERBS.items() if verb.tags & set(tags.split())}
