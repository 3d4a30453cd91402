"""Sentences of the grammar's further rules with French written by a person. Long: one table of pairs."""

BY_HAND = """
# it as an object
tom saw it .
    tom l' a vu .
i see it .
    je le vois .
he does not eat it .
    il ne le mange pas .
she never drinks it .
    elle ne le boit jamais .
we did not receive it .
    nous ne l' avons pas reçu .
they had it .
    ils l' avaient .
you have it .
    tu l' as .
i liked it .
    je l' aimais .
she wrote it yesterday .
    elle l' a écrit hier .
he gives it to the teacher .
    il le donne au professeur .
the car is old but tom likes it .
    la voiture est vieille mais tom l' aime .
the house is big but she does not like it .
    la maison est grande mais elle ne l' aime pas .
the house is big and i see it .
    la maison est grande et je la vois .
the hat is black and i see it .
    le chapeau est noir et je le vois .
tom bought a car and he likes it .
    tom a acheté une voiture et il l' aime .
tom bought a car and anna saw it .
    tom a acheté une voiture et anna l' a vue .
tom bought a hat and anna saw it .
    tom a acheté un chapeau et anna l' a vu .
she opened the door and paul did not open it .
    elle a ouvert la porte et paul ne l' a pas ouverte .
anna wrote a letter and tom received it .
    anna a écrit une lettre et tom l' a reçue .
he ate an apple but we did not eat it .
    il a mangé une pomme mais nous ne l' avons pas mangée .
i drank water and she drank it .
    j' ai bu de l' eau et elle l' a bue .
when emma received a gift , she opened it .
    quand emma a reçu un cadeau , elle l' a ouvert .
the story was sad but she wrote it .
    l' histoire était triste mais elle l' a écrite .
paul received an orange ; he gave it to sally .
    paul a reçu une orange ; il l' a donnée à sally .
paul was in the house and he ate it .
    paul était dans la maison et il l' a mangé .

# owners that are animals, things, or several
the cat 's house is big .
    la maison du chat est grande .
the children 's books are old .
    les livres des enfants sont vieux .
the women 's car is red .
    la voiture des femmes est rouge .
my dog 's garden is small .
    le jardin de mon chien est petit .
the man 's hat is black .
    le chapeau de l' homme est noir .
this girl 's cat sleeps .
    le chat de cette fille dort .
the old man 's house is white .
    la maison du vieil homme est blanche .
the house 's door is blue .
    la porte de la maison est bleue .
he opened the hotel 's windows .
    il a ouvert les fenêtres de l' hôtel .

# what somebody or something is
this is a cat .
    c' est un chat .
this is not a cat .
    ce n' est pas un chat .
that is my book .
    c' est mon livre .
that was an old school .
    c' était une vieille école .
these are my friends .
    ce sont mes amis .
these were beautiful trees .
    c' étaient de beaux arbres .
it is a red car .
    c' est une voiture rouge .
this is paul .
    c' est paul .
this is paul 's sister .
    c' est la sœur de paul .
they are women .
    ce sont des femmes .
they are not women .
    ce ne sont pas des femmes .
they are old friends .
    ce sont de vieux amis .
they are friends .
    ils sont amis .
they are teachers .
    ils sont professeurs .
she is my friend .
    c' est mon amie .
he is my brother .
    c' est mon frère .
she is a woman .
    c' est une femme .
he is a famous teacher .
    c' est un professeur célèbre .
he is a teacher .
    il est professeur .
my sister is a doctor .
    ma sœur est médecin .
the women are friends .
    les femmes sont amies .
we are doctors .
    nous sommes médecins .
we are women .
    nous sommes des femmes .
i am a woman .
    je suis une femme .
sally is a good friend .
    sally est une bonne amie .
paul is a child .
    paul est un enfant .
it is beautiful .
    c' est beau .
this is very interesting .
    c' est très intéressant .
that was not good .
    ce n' était pas bon .
i think that this is a cat .
    je pense que c' est un chat .

# two subjects
paul and sally are happy .
    paul et sally sont contents .
sally and anna are happy .
    sally et anna sont contentes .
paul and tom left .
    paul et tom sont partis .
emma and my sister arrived .
    emma et ma sœur sont arrivées .
paul and i are late .
    paul et moi sommes en retard .
sally says : anna and i are happy .
    sally dit : anna et moi sommes contentes .
sally and anna are friends .
    sally et anna sont amies .
the cat and the dog sleep .
    le chat et le chien dorment .
the house and the car are white .
    la maison et la voiture sont blanches .
the house and the tree are beautiful .
    la maison et l' arbre sont beaux .
sally and anna are tired because they worked .
    sally et anna sont fatiguées parce qu' elles ont travaillé .
"""


def by_hand():
    """Pairs of English and French, as text: the French stands indented below its English."""
    lines = [line.strip() for line in BY_HAND.splitlines() if line and not line.startswith("#")]
    return list(zip(lines[::2], lines[1::2], strict=True))
