"""What helps to fill each field: a hint that is always there, and an example that opens on demand."""

HELP = {
    "theme": "Le domaine principal. L’action peut en toucher d’autres : vous les direz plus loin.",
    "title": "Un titre qu’un habitant comprendrait. Dites l’action plutôt que l’intention.",
    "action_type": "Ce que l’on fera surtout. Une formation peut comporter une conférence : choisissez ce qui coûte le plus.",
    "phase": "Qui changera ses façons de faire : la commune, ses partenaires, ou les organismes et les habitants autour d’elle.",
    "stakes": "Quelle inégalité de traitement voulez-vous réduire, et pour qui ? Partez de ce qui se passe dans votre "
    "commune. Nommez les critères en cause sans jamais décrire une personne.",
    "diagnostic": "Sur quoi vous appuyez-vous : enquête, plan local, paroles d’agents, chiffres d’un partenaire ? Une "
    "petite commune peut s’en tenir à quelques entretiens. Dites aussi ce que vous ne savez pas encore.",
    "success": "Terminez la phrase. Deux à cinq résultats que l’on pourra vérifier : vous les retrouverez dans le bilan.",
    "description": "Racontez l’action dans l’ordre où elle se déroulera : combien de séances, avec qui, où, pendant "
    "combien de temps.",
    "resources": "Les personnes, les lieux, les outils. Cherchez d’abord ce qui existe : un outil prêté par une autre "
    "commune, un guide du Défenseur des droits, une formation de la métropole.",
    "governance": "Qui porte l’action, qui décide, qui tient le calendrier, que fait chaque partenaire ? Indiquez des "
    "fonctions, pas des noms.",
    "obstacles": "Qu’est-ce qui pourrait empêcher l’action de réussir, et que ferez-vous alors ? Une difficulté dite "
    "d’avance est un bon signe.",
    "open_questions": "Ce qui n’est pas encore tranché, ou ce que vous voulez demander à la métropole.",
    "publics": "À qui l’action s’adresse directement. Plusieurs réponses possibles.",
    "grounds": "Les critères de discrimination que l’action combat. C’est une propriété de l’action, jamais d’une personne.",
    "domains": "Là où ces discriminations se produisent.",
    "starts_on": "Après l’envoi du dossier : aucune dépense ne doit être engagée avant.",
    "ends_on": "La dernière séance ou la dernière dépense. Le bilan vient ensuite.",
    "commitments": "Chaque ligne sera relue par le signataire avant l’envoi ; il les prend au nom de la commune.",
}

EXAMPLES = {
    "theme": "Une formation des agents d’accueil du service du logement relève du logement, même si l’on y parle aussi d’emploi.",
    "title": "« Accueillir sans trier : former les agents du guichet logement », plutôt que « Projet de lutte contre "
    "les discriminations ».",
    "action_type": "Six demi-journées pour les agents, puis une soirée ouverte à tous : c’est une formation.",
    "phase": "Revoir les fiches d’attribution des places en crèche change la commune elle-même. Former les agences "
    "immobilières du centre-ville s’adresse à des organismes extérieurs.",
    "stakes": "Au guichet du logement, des demandes semblables reçoivent des réponses différentes selon le nom ou "
    "l’adresse. Les agents le disent eux-mêmes et n’ont pas d’outil pour s’en garder. L’enjeu est que chaque "
    "demande soit traitée de la même façon, quels que soient l’origine et le lieu de résidence.",
    "diagnostic": "Douze entretiens avec les agents d’accueil, relecture de quarante refus, une réunion avec la "
    "déléguée du Défenseur des droits. Nous ne savons pas encore ce qu’il en est chez les bailleurs.",
    "success": "… quatre-vingts agents ont suivi la formation, si les motifs de refus sont écrits dans neuf dossiers "
    "sur dix, et si une personne qui se croit discriminée sait à qui s’adresser.",
    "description": "De janvier à mars, six séances de deux heures en mairie, par groupes de quinze, animées par une "
    "association. En avril, une grille de motivation des refus, essayée pendant deux mois. En juin, une séance de retour.",
    "resources": "Une formatrice (devis joint), la salle du conseil, une demi-journée par semaine de la chargée de "
    "mission, le guide du Défenseur des droits sur l’accès au logement.",
    "governance": "La directrice générale adjointe porte l’action. Un comité de quatre personnes se réunit tous les "
    "deux mois et décide des ajustements. Le CCAS tient le calendrier ; l’association anime les séances.",
    "obstacles": "Les agents ont peu de temps : les séances durent deux heures et sont proposées deux fois. Le sujet "
    "peut être mal reçu : la première séance part de cas réels, sans mise en cause.",
    "open_questions": "Faut-il une convention avec le bailleur social ? La métropole a-t-elle déjà un module pour les élus ?",
    "publics": "Pour une formation du guichet : les agents de la commune. Les habitants en profitent ensuite, mais "
    "l’action ne s’adresse pas directement à eux.",
    "grounds": "L’origine et le lieu de résidence, si l’action porte sur les refus de logement liés au nom ou à l’adresse.",
    "domains": "Le logement ; et les biens et services publics, si l’on travaille sur le guichet de la mairie.",
    "starts_on": "Le dossier part le 27 mars : la première séance peut avoir lieu le 2 avril, pas le 20 mars.",
    "ends_on": "La séance de retour du 18 juin, si rien n’est payé après elle.",
    "commitments": "« Aucune dépense n’est engagée avant l’envoi du dossier » : le devis est demandé, le bon de commande ne "
    "part pas encore.",
    "indicators": "Agents formés, en nombre : 0 aujourd’hui, 80 attendus ; preuve : feuilles de présence.",
    "milestones": "Choix de la formatrice, le 15 avril ; première séance, le 3 mai ; retour d’expérience, le 18 juin.",
    "partners": "Délégation locale du Défenseur des droits : intervient à deux séances et relit la grille ; accord obtenu.",
    "budget_lines": "Une formation à 4 000,00 € : 62 Autres services extérieurs, 3 600,00 € (la formatrice) et 60 Achats, "
    "400,00 € (les supports). En face : 2 000,00 € demandés au fonds, 800,00 € de l’État, 1 200,00 € d’autofinancement.",
}
