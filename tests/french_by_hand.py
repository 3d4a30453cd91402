"""English sentences with French written by a person, as the grammar must generate it. Long: one table of pairs."""

BY_HAND = """
# the deck
i am happy .
    je suis content .
sally adored reading ; when she received a book for her birthday she was happy .
    sally adorait la lecture ; quand elle a reçu un livre pour son anniversaire , elle était contente .
sally adored reading .
    sally adorait la lecture .
when she received a book for her birthday , she was happy .
    quand elle a reçu un livre pour son anniversaire , elle était contente .
she received a book .
    elle a reçu un livre .
she was older .
    elle était plus âgée .
sally was older .
    sally était plus âgée .
he was older than sally .
    il était plus âgé que sally .

# agreement with a subject
sally is happy .
    sally est contente .
paul is happy .
    paul est content .
she is happy .
    elle est contente .
we are happy .
    nous sommes contents .
you are happy .
    tu es content .
they are tired .
    ils sont fatigués .
my sisters are tired .
    mes sœurs sont fatiguées .
my brothers are tired .
    mes frères sont fatigués .
the women are ready .
    les femmes sont prêtes .
the boy is sad .
    le garçon est triste .
the girls are busy .
    les filles sont occupées .
anna is alone .
    anna est seule .
my mother is old .
    ma mère est vieille .
my father is old .
    mon père est vieux .
emma is beautiful .
    emma est belle .
the children are kind .
    les enfants sont gentils .
the girl is kind .
    la fille est gentille .
the doors are white .
    les portes sont blanches .
the table is white .
    la table est blanche .
the hats are blue .
    les chapeaux sont bleus .
the apple is green .
    la pomme est verte .
these stories are interesting .
    ces histoires sont intéressantes .
this letter is very old .
    cette lettre est très vieille .
the houses were expensive .
    les maisons étaient chères .
the cakes are good .
    les gâteaux sont bons .
the oranges are good .
    les oranges sont bonnes .
she is late .
    elle est en retard .
the men were late .
    les hommes étaient en retard .
she is a doctor .
    elle est médecin .
i am a teacher .
    je suis professeur .

# who speaks, who is spoken to
sally says : i am happy .
    sally dit : je suis contente .
paul says : i am happy .
    paul dit : je suis content .
my sister said : i am very tired .
    ma sœur a dit : je suis très fatiguée .
the women say : we are ready .
    les femmes disent : nous sommes prêtes .
the men say : we are ready .
    les hommes disent : nous sommes prêts .
anna says : i left yesterday .
    anna dit : je suis partie hier .
anna says : paul saw me .
    anna dit : paul m' a vue .
anna , you are late .
    anna , tu es en retard .
anna , you are kind .
    anna , tu es gentille .
tom , you are kind .
    tom , tu es gentil .
emma , you arrived yesterday .
    emma , tu es arrivée hier .

# the place of adjectives
the red car is old .
    la voiture rouge est vieille .
she bought a red car .
    elle a acheté une voiture rouge .
we have a beautiful house .
    nous avons une belle maison .
he has a small white dog .
    il a un petit chien blanc .
i see a big tree .
    je vois un grand arbre .
i saw a beautiful tree .
    j' ai vu un bel arbre .
i saw a beautiful bird .
    j' ai vu un bel oiseau .
there is an old tree in the garden .
    il y a un vieil arbre dans le jardin .
she is in the old hotel .
    elle est dans le vieil hôtel .
we are in a new hotel .
    nous sommes dans un nouvel hôtel .
we see a new hotel .
    nous voyons un nouvel hôtel .
i have an old friend .
    j' ai un vieil ami .
i have a new car .
    j' ai une nouvelle voiture .
the old man is tired .
    le vieil homme est fatigué .
the old women sing .
    les vieilles femmes chantent .
the young woman works .
    la jeune femme travaille .
the famous doctor is ill .
    le médecin célèbre est malade .
he wrote an interesting letter .
    il a écrit une lettre intéressante .
she bought some beautiful houses .
    elle a acheté de belles maisons .
she bought some red hats .
    elle a acheté des chapeaux rouges .
we see some old trees .
    nous voyons de vieux arbres .
the happy child sings .
    l' enfant heureux chante .
the happy girls sing .
    les filles heureuses chantent .
she likes black cats .
    elle aime les chats noirs .
he ate a good cake .
    il a mangé un bon gâteau .
we ate some good oranges .
    nous avons mangé de bonnes oranges .
he opened the blue door .
    il a ouvert la porte bleue .

# elision and contraction
i adore music .
    j' adore la musique .
i like coffee .
    j' aime le café .
the tree is old .
    l' arbre est vieux .
the school is old .
    l' école est vieille .
the hotel is expensive .
    l' hôtel est cher .
anna 's car is red .
    la voiture d' anna est rouge .
sally 's car is red .
    la voiture de sally est rouge .
the teacher 's brother is ill .
    le frère du professeur est malade .
the child 's dog sleeps .
    le chien de l' enfant dort .
i do not like tea .
    je n' aime pas le thé .
he thinks that anna is ill .
    il pense qu' anna est malade .
she is older than arthur .
    elle est plus âgée qu' arthur .
i am tired because he sings .
    je suis fatigué parce qu' il chante .
i am tired because paul sings .
    je suis fatigué parce que paul chante .
he speaks to the teacher .
    il parle au professeur .
he speaks to the children .
    il parle aux enfants .
he speaks to the child .
    il parle à l' enfant .
he speaks to the woman .
    il parle à la femme .
we go to the school every day .
    nous allons à l' école tous les jours .
they go to the garden .
    ils vont au jardin .
the car is near the hotel .
    la voiture est près de l' hôtel .
the car is near the garden .
    la voiture est près du jardin .
the car is near the house .
    la voiture est près de la maison .
the bird is near a tree .
    l' oiseau est près d' un arbre .
many children sing .
    beaucoup d' enfants chantent .
many girls work .
    beaucoup de filles travaillent .

# possessives
my friend is tired .
    mon ami est fatigué .
my friend sally is tired .
    mon amie sally est fatiguée .
my friend paul is tired .
    mon ami paul est fatigué .
my old friend anna is ill .
    ma vieille amie anna est malade .
his neighbour emma sings .
    sa voisine emma chante .
our neighbour tom sings .
    notre voisin tom chante .
she likes her brother .
    elle aime son frère .
he likes his sister .
    il aime sa sœur .
he likes his mother .
    il aime sa mère .
she speaks to my friend emma .
    elle parle à mon amie emma .
my school is old .
    mon école est vieille .
her story is sad .
    son histoire est triste .
your apple is red .
    ta pomme est rouge .
your orange is good .
    ton orange est bonne .
our house is white .
    notre maison est blanche .
our dogs sleep .
    nos chiens dorment .
their house is small .
    leur maison est petite .
their books are interesting .
    leurs livres sont intéressants .
my children sleep .
    mes enfants dorment .
i received a gift for my birthday .
    j' ai reçu un cadeau pour mon anniversaire .
they received a dog for their birthday .
    ils ont reçu un chien pour leur anniversaire .
sally 's old hat is black .
    le vieux chapeau de sally est noir .
my sister 's cat is white .
    le chat de ma sœur est blanc .

# demonstratives
this tree is beautiful .
    cet arbre est beau .
this hotel is expensive .
    cet hôtel est cher .
this man works .
    cet homme travaille .
this old man works .
    ce vieil homme travaille .
this bird sleeps .
    cet oiseau dort .
this book is interesting .
    ce livre est intéressant .
this car is blue .
    cette voiture est bleue .
this story is sad .
    cette histoire est triste .
these children are ill .
    ces enfants sont malades .

# negation
i am not happy .
    je ne suis pas content .
she is not tired .
    elle n' est pas fatiguée .
paul does not sing .
    paul ne chante pas .
they do not work .
    ils ne travaillent pas .
i did not eat the cake .
    je n' ai pas mangé le gâteau .
she did not open the door .
    elle n' a pas ouvert la porte .
we did not leave .
    nous ne sommes pas partis .
anna did not arrive yesterday .
    anna n' est pas arrivée hier .
i do not have a car .
    je n' ai pas de voiture .
she does not have any friends .
    elle n' a pas d' amis .
he did not buy any oranges .
    il n' a pas acheté d' oranges .
we do not drink coffee .
    nous ne buvons pas de café .
he never drinks water .
    il ne boit jamais d' eau .
she never received a letter .
    elle n' a jamais reçu de lettre .
i am never late .
    je ne suis jamais en retard .
he does not see her .
    il ne la voit pas .
she did not see him .
    elle ne l' a pas vu .

# present and past
i eat an apple .
    je mange une pomme .
we eat bread .
    nous mangeons du pain .
you write a letter .
    tu écris une lettre .
they buy the hats .
    ils achètent les chapeaux .
we drink water .
    nous buvons de l' eau .
i drink tea .
    je bois du thé .
they go to my school .
    ils vont à mon école .
they write a story .
    ils écrivent une histoire .
we open the windows .
    nous ouvrons les fenêtres .
she left .
    elle est partie .
he left yesterday .
    il est parti hier .
they left with anna .
    ils sont partis avec anna .
sally arrived .
    sally est arrivée .
the girls arrived .
    les filles sont arrivées .
my brothers arrived yesterday .
    mes frères sont arrivés hier .
she went to the shop .
    elle est allée au magasin .
the women went to the hotel .
    les femmes sont allées à l' hôtel .
the train arrived .
    le train est arrivé .
i slept in the car .
    j' ai dormi dans la voiture .
you sang .
    tu as chanté .
she wrote three letters .
    elle a écrit trois lettres .
we saw two birds .
    nous avons vu deux oiseaux .
i liked this book .
    j' aimais ce livre .
they had a dog .
    ils avaient un chien .
we adored chocolate .
    nous adorions le chocolat .
she often works .
    elle travaille souvent .
they always eat bread .
    ils mangent toujours du pain .
he is often alone .
    il est souvent seul .
he spoke to emma yesterday .
    il a parlé à emma hier .
every child likes chocolate .
    chaque enfant aime le chocolat .

# hunger and thirst
i am hungry .
    j' ai faim .
she was very hungry .
    elle avait très faim .
we are not thirsty .
    nous n' avons pas soif .
the children are always hungry .
    les enfants ont toujours faim .

# pronouns before the verb
he sees me .
    il me voit .
she loves me .
    elle m' aime .
she likes him .
    elle l' aime .
i see them .
    je les vois .
paul saw her .
    paul l' a vue .
paul saw him .
    paul l' a vu .
paul saw them .
    paul les a vus .
she speaks to him .
    elle lui parle .
i spoke to her .
    je lui ai parlé .
he gave her a book .
    il lui a donné un livre .
she gave me an apple .
    elle m' a donné une pomme .
we give them chocolate .
    nous leur donnons du chocolat .
i did not speak to them .
    je ne leur ai pas parlé .

# giving
she gave a book to paul .
    elle a donné un livre à paul .
she gave paul a book .
    elle a donné un livre à paul .
sally gave the teacher a gift .
    sally a donné un cadeau au professeur .
he wrote emma a letter .
    il a écrit une lettre à emma .
we gave her brother a dog for his birthday .
    nous avons donné un chien à son frère pour son anniversaire .

# there is
there is a red car near the house .
    il y a une voiture rouge près de la maison .
there were two cats in the garden .
    il y avait deux chats dans le jardin .
there are many birds in the garden .
    il y a beaucoup d' oiseaux dans le jardin .
there is a letter on the table .
    il y a une lettre sur la table .

# comparison
the house is more expensive than the car .
    la maison est plus chère que la voiture .
my books are more interesting than this letter .
    mes livres sont plus intéressants que cette lettre .
sally is older than my brother .
    sally est plus âgée que mon frère .

# clauses in both positions
sally was happy when paul arrived .
    sally était contente quand paul est arrivé .
when paul arrived , sally was happy .
    quand paul est arrivé , sally était contente .
when paul arrived sally was happy .
    quand paul est arrivé , sally était contente .
she sings when she is alone .
    elle chante quand elle est seule .
when he is tired , he sleeps .
    quand il est fatigué , il dort .
she liked cats when she was young .
    elle aimait les chats quand elle était jeune .
when she was young she adored reading .
    quand elle était jeune , elle adorait la lecture .
she is happy because she received a letter .
    elle est contente parce qu' elle a reçu une lettre .
he eats because he is hungry .
    il mange parce qu' il a faim .
because she is ill , she does not work .
    parce qu' elle est malade , elle ne travaille pas .
because anna was tired she slept .
    parce qu' anna était fatiguée , elle a dormi .
paul left because he was ill .
    paul est parti parce qu' il était malade .
i left when my friends arrived .
    je suis parti quand mes amis sont arrivés .

# it and they
the car is old but it is beautiful .
    la voiture est vieille mais elle est belle .
the house is small , but it is expensive .
    la maison est petite , mais elle est chère .
the hat is red and it is beautiful .
    le chapeau est rouge et il est beau .
the girls are tired because they worked .
    les filles sont fatiguées parce qu' elles ont travaillé .
the girls are tired because they work .
    les filles sont fatiguées parce qu' elles travaillent .
when the women arrived , they were thirsty .
    quand les femmes sont arrivées , elles avaient soif .
when the men arrived , they were thirsty .
    quand les hommes sont arrivés , ils avaient soif .
the apples are red but they are small .
    les pommes sont rouges mais elles sont petites .
my sisters think that they are late .
    mes sœurs pensent qu' elles sont en retard .

# two clauses
paul is tired but he works .
    paul est fatigué mais il travaille .
i sing and she sleeps .
    je chante et elle dort .
she thought that he was ill .
    elle pensait qu' il était malade .
he said that anna was tired .
    il a dit qu' anna était fatiguée .
i think that you are kind .
    je pense que tu es gentil .
i am hungry ; she is thirsty .
    j' ai faim ; elle a soif .
"""


def by_hand():
    """Pairs of English and French, as text: the French stands indented below its English."""
    lines = [line.strip() for line in BY_HAND.splitlines() if line and not line.startswith("#")]
    return list(zip(lines[::2], lines[1::2], strict=True))
